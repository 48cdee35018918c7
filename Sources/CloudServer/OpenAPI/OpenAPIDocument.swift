import CloudCore
import Crypto
import DeviceProtocol
import HTTPTypes

/// The OpenAPI 3.1 document of a listener, made of its table of routes.
package struct OpenAPIDocument: Sendable {
  /// JSON in UTF-8.
  package let bytes: [UInt8]
  /// A strong validator (RFC 9110 §8.8.3): the hash of the bytes.
  let entityTag: String

  init(_ listener: ListenerDescription, routes: [DescribedRoute]) {
    var components = Components()
    let paths = Self.paths(routes, &components)
    // Every path has them, in no operation of it.
    for common in [CommonAnswer.notFound, .methodNotAllowed] {
      _ = common.answer.reference(to: common.component, &components)
    }
    let tags = RouteOperation.Tag.allCases.filter { tag in
      routes.contains { $0.operation.tag == tag }
    }
    let document = JSONValue(
      members: [
        ("openapi", .init(text: "3.1.0")),
        (
          "info",
          .init(members: [
            ("title", .init(text: listener.title)), ("version", .init(text: "1")),
            ("description", .init(text: listener.description)),
          ])
        ),
        ("servers", .array([.init(members: [("url", .init(text: "/"))])])),
        ("tags", .array(tags.map { .init(members: [("name", .init(text: $0.rawValue))]) })),
        ("paths", paths),
        ("components", components.json([("securitySchemes", listener.securitySchemes)])),
      ])
    self.bytes = document.bytes
    let hash = SHA256.hash(data: document.bytes).prefix(16)
    self.entityTag = "\"\(String(decoding: Hexadecimal.encode(Array(hash)), as: UTF8.self))\""
  }

  /// In the order of the table, what has the same path together.
  private static func paths(
    _ routes: [DescribedRoute], _ components: inout Components
  ) -> JSONValue {
    var paths: [(name: String, operations: [(name: String, value: JSONValue)])] = []
    for described in routes {
      let operation = (
        name: described.route.method.rawValue.lowercased(), value: described.json(&components)
      )
      if let index = paths.firstIndex(where: { $0.name == described.route.path }) {
        paths[index].operations.append(operation)
      } else {
        paths.append((described.route.path, [operation]))
      }
    }
    return JSONValue(members: paths.map { ($0.name, JSONValue(members: $0.operations)) })
  }
}

/// What a document says of its listener.
struct ListenerDescription: Sendable {
  let title: String
  let description: String
  let securitySchemes: JSONValue

  private static let common = """
    Every answer has `X-Content-Type-Options`, `Referrer-Policy` and `Cache-Control`. The headers \
    of HTTP's framing (`Content-Length`, `Transfer-Encoding`, `Connection`, `Date`) are HTTP's and \
    named nowhere below. At a path that is not below the answer is `#/components/responses/\
    NotFound`; at one that is, with a method that is not, `#/components/responses/MethodNotAllowed`. \
    A connection whose request does not end in time is closed without an answer, and so is one \
    that an operator's fault cuts.
    """

  static let publicListener = ListenerDescription(
    title: "Relink's cloud",
    description: """
      What devices and owners' apps ask for, over TLS. \(Self.common)
      """,
    securitySchemes: .init(
      literal: #"""
        {"accessToken":{"type":"http","scheme":"bearer",
        "description":"An access token of the token endpoint. A device presents its own with its certificate. One that is bound to a key comes by the scheme `DPoP`, with a proof in the header of that name (RFC 9449 §7.1)."},
        "certificate":{"type":"mutualTLS",
        "description":"The certificate of a device, signed by the makers' authority."},
        "clientSecret":{"type":"http","scheme":"basic",
        "description":"The id and the secret of a confidential client, both form-encoded (RFC 6749 §2.3.1); or `client_id` and `client_secret` in the form."},
        "resourceServer":{"type":"http","scheme":"basic",
        "description":"The id of a resource server and its secret, which the cloud's data folder has; or `client_id` and `client_secret` in the form."}}
        """#))

  static let adminListener = ListenerDescription(
    title: "Relink's cloud: the admin listener",
    description: """
      What an operator and a test ask for, on a loopback address and without TLS. \(Self.common)
      """,
    securitySchemes: .init(
      literal: #"""
        {"adminToken":{"type":"http","scheme":"bearer",
        "description":"What the file `admin-token` in the cloud's data folder has."}}
        """#))
}
