import DeviceProtocol

extension RouteOperation {
  /// One status with which an operation answers.
  struct Answer: Sendable {
    let status: Int
    /// One line or more.
    let description: String
    /// Beside those that every answer has.
    var headers: [Header] = []
    /// None when there is no body.
    var contents: [Content] = []

    /// A header that an answer carries, or may carry.
    struct Header: Sendable {
      let name: String
      let description: String
      let schema: Schema
      var isRequired = true
    }

    /// A form that the body may take.
    struct Content: Sendable {
      let mediaType: String
      let schema: Schema

      static func json(_ schema: Schema) -> Content {
        Content(mediaType: "application/json", schema: schema)
      }
      static let html = Content(mediaType: "text/html", schema: .string())
    }

    static func json(
      _ status: Int, _ description: String, _ schema: Schema, headers: [Header] = []
    ) -> Answer {
      Answer(
        status: status, description: description, headers: headers, contents: [.json(schema)])
    }

    static func ok(_ description: String, _ schema: Schema) -> Answer {
      .json(200, description, schema)
    }

    static func created(_ description: String, _ schema: Schema) -> Answer {
      .json(201, description, schema)
    }

    /// Done, and nothing to tell.
    static func noContent(_ description: String) -> Answer {
      Answer(status: 204, description: description)
    }

    /// The body that all refusals have.
    static func refusal(
      _ status: Int, _ description: String, headers: [Header] = []
    ) -> Answer {
      .json(status, description, .refusal, headers: headers)
    }
  }
}

extension RouteOperation.Answer.Header {
  static let retryAfter = Self(
    name: "Retry-After", description: "After how many seconds to ask again.",
    schema: .unsigned(UInt32.self))
  static let location = Self(
    name: "Location", description: "Where the browser is sent.", schema: .string())

  /// RFC 6750 §3, RFC 9110 §11.6.1.
  static let challenge = Self(
    name: "WWW-Authenticate",
    description:
      "The scheme `Bearer` or `DPoP`, with `error` and `error_description` unless there were no "
      + "credentials at all.",
    schema: .string(pattern: "^(Bearer|Basic|DPoP) "))

  /// RFC 9449 §8.
  static let dpopNonce = Self(
    name: "DPoP-Nonce", description: "The `nonce` of the next DPoP proof.", schema: .string())

  var optional: Self {
    var header = self
    header.isRequired = false
    return header
  }

  /// On every answer, whatever it is.
  static let ofEveryAnswer = [
    Self(
      name: "Cache-Control", description: "`no-store`, unless the operation says otherwise.",
      schema: .words(["no-store", "no-cache"])),
    Self(
      name: "X-Content-Type-Options", description: "Browsers are not to guess the body's type.",
      schema: .constant("nosniff")),
    Self(
      name: "Referrer-Policy", description: "Browsers are not to tell where they came from.",
      schema: .constant("no-referrer")),
  ]
}
