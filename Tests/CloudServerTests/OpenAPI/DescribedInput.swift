import DeviceProtocol
import HTTPTypes
import Testing

@testable import CloudServer

/// An operation of a document as a test attacks it: what it takes, and a request that is right in
/// shape. New routes are among them as soon as they are described.
struct DescribedInput: Sendable, CustomTestStringConvertible {
  let described: DescribedRoute
  let document: JSONValue

  var testDescription: String {
    "\(self.described.route.method.rawValue) \(self.described.route.path)"
  }

  /// All operations of both listeners.
  static let all: [DescribedInput] = {
    let cloud = TestCloud()
    return [cloud.publicResponder, cloud.adminResponder].flatMap { responder in
      let document = (try? JSONValue(parsing: responder.document.bytes)) ?? .null
      return responder.described.map { DescribedInput(described: $0, document: document) }
    }
  }()

  var isAdmin: Bool { [.adminToken, .loopbackName].contains(self.described.access) }

  /// The Operation Object.
  private var operation: JSONValue {
    self.document["paths"]?.member(self.described.route.path)?
      .member(self.described.route.method.rawValue.lowercased()) ?? .null
  }

  /// With an id that is nobody's for each variable.
  var path: String {
    self.described.route.path.replacing(
      #/\{[^}]*\}/#, with: "00000000-0000-4000-8000-000000000000")
  }

  var mediaType: String? { self.described.operation.body?.mediaType }
  var isForm: Bool { self.mediaType == "application/x-www-form-urlencoded" }

  var queryNames: [String] {
    self.described.operation.parameters.filter { $0.place == .query }.map(\.name)
  }

  /// Of the body, each with a value that its schema allows; of the first schema when there are more.
  var members: [(name: String, value: JSONValue)] {
    guard let mediaType = self.mediaType else { return [] }
    let schema = self.operation["requestBody"]?["content"]?.member(mediaType)?["schema"] ?? .null
    let sampler = SchemaSample(document: self.document)
    return sampler.members(of: schema)
  }

  /// All names that any of the body's schemas has.
  var memberNames: [String] {
    guard let mediaType = self.mediaType else { return [] }
    let schema = self.operation["requestBody"]?["content"]?.member(mediaType)?["schema"] ?? .null
    let choices = schema["oneOf"]?.elements ?? [schema]
    return Set(
      choices.flatMap {
        (SchemaCheck(document: self.document).resolve($0)["properties"] ?? .null).memberNames
      }
    ).sorted()
  }
}

/// Values that schemas allow: the first that comes to mind.
struct SchemaSample {
  let document: JSONValue

  func members(of schema: JSONValue) -> [(name: String, value: JSONValue)] {
    let schema = SchemaCheck(document: self.document).resolve(schema)
    if let first = schema["oneOf"]?.elements.first { return self.members(of: first) }
    let properties = schema["properties"] ?? .null
    return properties.memberNames.map {
      ($0, self.value(of: properties.member($0) ?? .null))
    }
  }

  func value(of schema: JSONValue) -> JSONValue {
    let schema = SchemaCheck(document: self.document).resolve(schema)
    if let constant = schema["const"] { return constant }
    if let word = schema["enum"]?.elements.first { return word }
    for keyword in ["oneOf", "anyOf"] {
      if let first = schema.member(keyword)?.elements.first { return self.value(of: first) }
    }
    switch schema["type"]?.text {
    case "boolean": return .boolean(true)
    case "integer", "number": return schema["minimum"] ?? .integer(0)
    case "null": return .null
    case "array": return .array([])
    case "object":
      return .object(
        self.members(of: schema).map { JSONMember(key: Array($0.name.utf8), value: $0.value) })
    default: return .string(Array("a@b.c-sample-1".utf8))
    }
  }
}
