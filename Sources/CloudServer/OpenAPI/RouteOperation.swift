import DeviceProtocol

/// What a route does, for those who call it: an OpenAPI operation (OpenAPI 3.1 §4.8.10).
///
/// It says what is particular to the route. Who may call it, and the refusals that come from what
/// it takes and who may call it, are added by the table of routes (`DescribedRoute.swift`).
struct RouteOperation: Sendable {
  /// A name for programs, in camel case; no two operations of a listener share it.
  let id: String
  let tag: Tag
  /// One line.
  let summary: String
  /// Markdown.
  let details: String?
  let parameters: [Parameter]
  let body: Body?
  /// Beside or instead of an access token.
  let credentials: Credentials
  /// Those that do not come from the table. One of a status that the table would add stands instead.
  let answers: [Answer]

  init(
    _ id: String, _ tag: Tag, _ summary: String, details: String? = nil,
    parameters: [Parameter] = [], body: Body? = nil, credentials: Credentials = .none,
    answers: [Answer]
  ) {
    self.id = id
    self.tag = tag
    self.summary = summary
    self.details = details
    self.parameters = parameters
    self.body = body
    self.credentials = credentials
    self.answers = answers
  }

  /// What an open route looks at to know who calls.
  enum Credentials: Sendable {
    case none
    /// A device's certificate or a client's secret, of those clients that have one.
    case certificate
    /// The id and the secret of a resource server.
    case resourceServer
  }

  /// Groups the operations in the document.
  enum Tag: String, CaseIterable, Sendable {
    case service = "Service"
    case signIn = "Accounts and sign-in"
    case tokens = "Tokens"
    case owner = "Owners' apps"
    case device = "Devices"
    case push = "Push"
    case status = "Status"
    case logout = "Logouts"
    case faults = "Faults"
    case clock = "Clock"
    case sessions = "Sessions"
    case requests = "Requests"
    case snapshots = "Snapshots"
    case keys = "Signing keys"
    case receivers = "Receivers of events"
  }

  /// One in the path, the query or a header.
  struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query, header }
    let place: Place
    let name: String
    let schema: Schema
    let description: String
    let isRequired: Bool

    static func path(_ name: String, _ schema: Schema, _ description: String) -> Parameter {
      Parameter(
        place: .path, name: name, schema: schema, description: description, isRequired: true)
    }

    static func query(
      _ name: String, _ schema: Schema, _ description: String, isRequired: Bool = false
    ) -> Parameter {
      Parameter(
        place: .query, name: name, schema: schema, description: description,
        isRequired: isRequired)
    }

    static func header(
      _ name: String, _ schema: Schema, _ description: String, isRequired: Bool = false
    ) -> Parameter {
      Parameter(
        place: .header, name: name, schema: schema, description: description,
        isRequired: isRequired)
    }
  }

  /// Of a request.
  struct Body: Sendable {
    let mediaType: String
    let schema: Schema
    let example: JSONValue?
    var isRequired = true

    /// An empty object, or no body at all.
    static let nothing = Body(
      mediaType: "application/json", schema: .request([]), example: nil, isRequired: false)

    /// - Parameter example: Written as JSON.
    static func json(_ schema: Schema, example: StaticString? = nil) -> Body {
      Body(
        mediaType: "application/json", schema: schema,
        example: example.map { JSONValue(literal: $0) })
    }

    /// - Parameters:
    ///   - schema: Of an object whose members are the parameters.
    ///   - example: Likewise, written as JSON.
    static func form(_ schema: Schema, example: StaticString? = nil) -> Body {
      Body(
        mediaType: "application/x-www-form-urlencoded", schema: schema.takingFurtherParameters,
        example: example.map { JSONValue(literal: $0) })
    }
  }
}
