import CloudCore
import DeviceProtocol

extension DescribedRoute {
  /// The Operation Object.
  func json(_ components: inout Components) -> JSONValue {
    let operation = self.operation
    var members: [(name: String, value: JSONValue)] = [
      ("operationId", .init(text: operation.id)),
      ("tags", .array([.init(text: operation.tag.rawValue)])),
      ("summary", .init(text: operation.summary)),
    ]
    let details = [operation.details, self.whoMayCall].compactMap { $0 }
    if !details.isEmpty {
      members.append(("description", .init(text: details.joined(separator: "\n\n"))))
    }
    if !operation.parameters.isEmpty {
      members.append(("parameters", .array(operation.parameters.map { $0.json(&components) })))
    }
    if let body = operation.body { members.append(("requestBody", body.json(&components))) }
    members.append(
      (
        "responses",
        JSONValue(
          members: self.answers.map { answer, component in
            (
              "\(answer.status)",
              component.map { answer.reference(to: $0, &components) } ?? answer.json(&components)
            )
          })
      ))
    members.append(("security", self.security))
    return JSONValue(members: members)
  }

  private var whoMayCall: String? {
    guard case .accessToken(let kinds) = self.access, kinds != Set(ClientKind.allCases) else {
      return nil
    }
    let names = kinds.map(\.rawValue).sorted().joined(separator: " or ")
    return "For clients of kind \(names)."
  }

  private var security: JSONValue {
    switch self.access {
    case .anybody, .loopbackName:
      switch self.operation.credentials {
      case .none: .array([])
      case .certificate: .init(literal: #"[{},{"certificate":[]},{"clientSecret":[]}]"#)
      case .resourceServer: .init(literal: #"[{"resourceServer":[]}]"#)
      }
    case .accessToken: .init(literal: #"[{"accessToken":[]}]"#)
    case .adminToken: .init(literal: #"[{"adminToken":[]}]"#)
    }
  }
}

extension RouteOperation.Parameter {
  fileprivate func json(_ components: inout Components) -> JSONValue {
    JSONValue(members: [
      ("name", .init(text: self.name)), ("in", .init(text: self.place.rawValue)),
      ("description", .init(text: self.description)), ("required", .boolean(self.isRequired)),
      ("schema", self.schema.json(&components)),
    ])
  }
}

extension RouteOperation.Body {
  fileprivate func json(_ components: inout Components) -> JSONValue {
    var content: [(name: String, value: JSONValue)] = [("schema", self.schema.json(&components))]
    if let example = self.example { content.append(("example", example)) }
    return JSONValue(members: [
      ("required", .boolean(self.isRequired)),
      ("content", .init(members: [(self.mediaType, .init(members: content))])),
    ])
  }
}

extension RouteOperation.Answer {
  /// The Response Object.
  func json(_ components: inout Components) -> JSONValue {
    let everywhere = Header.ofEveryAnswer.filter { header in
      !self.headers.contains { $0.name == header.name }
    }
    var headers: [(name: String, value: JSONValue)] = []
    for header in everywhere {
      components.addHeader(header.name) { header.json(&$0) }
      let reference = JSONValue(text: "#/components/headers/\(header.name)")
      headers.append((header.name, .init(members: [("$ref", reference)])))
    }
    headers += self.headers.map { ($0.name, $0.json(&components)) }
    var members: [(name: String, value: JSONValue)] = [
      ("description", .init(text: self.description)), ("headers", .init(members: headers)),
    ]
    if !self.contents.isEmpty {
      let contents = self.contents.map { content in
        (content.mediaType, JSONValue(members: [("schema", content.schema.json(&components))]))
      }
      members.append(("content", .init(members: contents)))
    }
    return JSONValue(members: members)
  }

  func reference(to component: String, _ components: inout Components) -> JSONValue {
    components.addResponse(component) { self.json(&$0) }
    return JSONValue(members: [("$ref", .init(text: "#/components/responses/\(component)"))])
  }
}

extension RouteOperation.Answer.Header {
  fileprivate func json(_ components: inout Components) -> JSONValue {
    JSONValue(members: [
      ("description", .init(text: self.description)), ("required", .boolean(self.isRequired)),
      ("schema", self.schema.json(&components)),
    ])
  }
}
