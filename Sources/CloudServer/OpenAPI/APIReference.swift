import CloudCore
import DeviceProtocol
import HTTPTypes
import Logging

/// `docs/api.md`: both documents, for people.
package enum APIReference {
  /// Markdown, made of the tables of routes; the same for every cloud.
  package static func text() -> String {
    var random = SystemRandomNumberGenerator()
    // Never asked for anything: its routes are looked at.
    let service = CloudService(
      cloud: Cloud(configuration: CloudConfiguration(keys: TokenKeys(random: &random))),
      store: MemoryStore(),
      passwords: PasswordWorkers(), clock: systemWallClock, bodyByteCount: 0,
      logger: Logger(label: "reference") { _ in SwiftLogNoOpLogHandler() })
    let gate = AdminGate(token: AdminToken(random: &random))
    let sections = [
      self.section("The public listener", service.publicResponder()),
      self.section("The admin listener", service.adminResponder(gate: gate)),
    ]
    return """
      # The API

      <!-- Made by `make docs` from the table of routes; edit there. -->

      Every endpoint of both listeners, as the OpenAPI 3.1 documents at `/openapi.json` have them. What
      the words mean is in [protocol.md](protocol.md). An answer without a body type has no body;
      members marked `?` may be absent.

      \(sections.joined(separator: "\n"))
      """
  }

  private static func section(_ title: String, _ responder: CloudResponder) -> String {
    // It is what the program has made itself.
    guard let document = try? JSONValue(parsing: responder.document.bytes) else { return "" }
    let reader = Reader(document: document)
    var lines = ["## \(title)", "", document["info"]?["description"]?.words ?? "", ""]
    for tag in RouteOperation.Tag.allCases {
      let routes = responder.described.filter { $0.operation.tag == tag }
      guard !routes.isEmpty else { continue }
      lines += ["### \(tag.rawValue)", ""]
      for described in routes { lines += reader.lines(of: described) }
    }
    lines += ["### Shared bodies", "", "| Name | Body |", "|---|---|"]
    let schemas = document["components"]?["schemas"]?.members ?? []
    lines += schemas.map { "| `\($0.name)` | \(reader.type(of: $0.value, isTop: true)) |" }
    return lines.joined(separator: "\n") + "\n"
  }

  private struct Reader {
    let document: JSONValue

    func lines(of described: DescribedRoute) -> [String] {
      let method = described.route.method.rawValue
      let operation =
        self.document["paths"]?.member(described.route.path)?.member(method.lowercased()) ?? .null
      var lines = ["#### `\(method) \(described.route.path)`", ""]
      lines += ["\(operation["summary"]?.words ?? ""). \(self.caller(of: described))", ""]
      if let details = described.operation.details { lines += [details, ""] }
      let parameters = operation["parameters"]?.elements ?? []
      if !parameters.isEmpty {
        lines += ["| Parameter | In | Type | |", "|---|---|---|---|"]
        lines += parameters.map { parameter in
          let mark = parameter["required"] == .boolean(true) ? "" : "?"
          return "| `\(parameter["name"]?.words ?? "")`\(mark) | \(parameter["in"]?.words ?? "") | "
            + "\(self.type(of: parameter["schema"] ?? .null)) | "
            + "\(parameter["description"]?.words ?? "") |"
        }
        lines.append("")
      }
      for content in operation["requestBody"]?["content"]?.members ?? [] {
        lines += [
          "Request, `\(content.name)`: \(self.type(of: content.value["schema"] ?? .null))", "",
        ]
      }
      lines += ["| Status | | Body | Headers |", "|---|---|---|---|"]
      lines += (operation["responses"]?.members ?? []).map {
        self.row(status: $0.name, answer: self.resolved($0.value))
      }
      return lines + [""]
    }

    private func caller(of described: DescribedRoute) -> String {
      switch described.access {
      case .anybody, .loopbackName:
        switch described.operation.credentials {
        case .none: "For anybody."
        case .certificate: "For anybody; a device shows its certificate."
        case .resourceServer: "For resource servers."
        }
      case .accessToken(let kinds) where kinds == Set(ClientKind.allCases):
        "With an access token."
      case .accessToken(let kinds):
        "With an access token of kind \(kinds.map(\.rawValue).sorted().joined(separator: " or "))."
      case .adminToken: "With the admin token."
      }
    }

    private func row(status: String, answer: JSONValue) -> String {
      let everywhere = RouteOperation.Answer.Header.ofEveryAnswer.map(\.name)
      let bodies = (answer["content"]?.members ?? []).map { content in
        let type = self.type(of: content.value["schema"] ?? .null)
        return content.name == "application/json" ? type : "`\(content.name)`"
      }
      let headers = (answer["headers"]?.members ?? []).filter { !everywhere.contains($0.name) }
        .map { "`\($0.name)`" + ($0.value["required"] == .boolean(true) ? "" : "?") }
      return "| \(status) | \(answer["description"]?.words ?? "") | "
        + "\(bodies.joined(separator: " or ")) | \(headers.joined(separator: ", ")) |"
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
      guard let reference = value["$ref"]?.words else { return value }
      return reference.split(separator: "/").dropFirst().reduce(self.document) {
        $0.member(String($1)) ?? .null
      }
    }

    /// In few words; a component by its name.
    func type(of schema: JSONValue, isTop: Bool = false) -> String {
      if let reference = schema["$ref"]?.words {
        return "`\(reference.split(separator: "/").last ?? "")`"
      }
      for keyword in ["oneOf", "anyOf"] {
        guard let choices = schema.member(keyword)?.elements else { continue }
        return choices.map { self.type(of: $0) }.joined(separator: " or ")
      }
      if let constant = schema["const"] { return "`\(constant.printed)`" }
      if let words = schema["enum"]?.elements {
        return words.map { "`\($0.printed)`" }.joined(separator: ", ")
      }
      switch schema["type"]?.words {
      case "array": return "[" + self.type(of: schema["items"] ?? .null) + ", …]"
      case "object": return self.object(schema)
      case "integer", "number":
        guard let low = schema["minimum"], let high = schema["maximum"] else { return "number" }
        return "number \(low.printed) to \(high.printed)"
      case "null": return "null"
      case let name?: return name
      case nil: return "anything"
      }
    }

    private func object(_ schema: JSONValue) -> String {
      guard let members = schema["properties"]?.members else {
        return "{name: \(self.type(of: schema["additionalProperties"] ?? .null))}"
      }
      let required = (schema["required"]?.elements ?? []).compactMap(\.words)
      let texts = members.map { member in
        "`\(member.name)`\(required.contains(member.name) ? "" : "?"): "
          + self.type(of: member.value)
      }
      return "{" + texts.joined(separator: "; ") + "}"
    }
  }
}

extension JSONValue {
  fileprivate var words: String? { self.stringBytes.map { String(decoding: $0, as: UTF8.self) } }
  fileprivate var printed: String { String(decoding: self.bytes, as: UTF8.self) }

  fileprivate var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  fileprivate var members: [(name: String, value: JSONValue)]? {
    guard case .object(let members) = self else { return nil }
    return members.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
  }

  fileprivate func member(_ name: String) -> JSONValue? {
    self.members?.first { $0.name == name }?.value
  }
}
