import DeviceProtocol
import Foundation
import HTTPTypes
import Testing

@testable import CloudServer

/// Holds every answer that a test of this target sees to the listener's OpenAPI document: its
/// status, its headers, its content type and its body must be in it.
///
/// A fault that the test asks for may answer what no document says; for that,
/// `Contract.$isHeld.withValue(false)`.
struct Contract: Sendable {
  @TaskLocal static var isHeld = true

  /// HTTP's own (the document's description says so), and what makes a browser read the type.
  private static let framing: Set<String> = [
    "content-length", "content-type", "transfer-encoding", "connection", "date", "server",
  ]

  private let check: SchemaCheck

  init(_ responder: CloudResponder) {
    do {
      self.check = SchemaCheck(document: try JSONValue(parsing: responder.document.bytes))
    } catch {
      preconditionFailure("the document is no JSON: \(error)")
    }
  }

  static let ofPublicListener = Contract(TestCloud().publicResponder)
  static let ofAdminListener = Contract(TestCloud().adminResponder)

  /// Records an issue for everything that is not as documented.
  ///
  /// - Parameter body: Nil when it was not read, as of a stream.
  func hold(
    _ method: String, _ uri: String, status: Int, headers: [(name: String, value: String)],
    body: String?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard Self.isHeld else { return }
    let problems = self.problems(method, uri, status: status, headers: headers, body: body)
    guard !problems.isEmpty else { return }
    let path = uri.prefix { $0 != "?" }
    Issue.record(
      """
      \(method) \(path) answered \(status) as \
      /openapi.json does not say: \(problems.joined(separator: "; "))
      """, sourceLocation: sourceLocation)
  }

  func problems(
    _ method: String, _ uri: String, status: Int, headers: [(name: String, value: String)],
    body: String?
  ) -> [String] {
    guard
      let answer = self.answer(method, path: String(uri.prefix { $0 != "?" }), status: status)
    else { return ["the status is not listed"] }
    var problems = self.problems(ofHeaders: headers, answer: answer)
    let contentType = headers.first { $0.name.lowercased() == "content-type" }?.value
    guard let content = answer.member("content") else {
      if contentType != nil || body?.isEmpty == false { problems.append("no body is listed") }
      return problems
    }
    let mediaType = contentType.map { String($0.prefix { $0 != ";" }) } ?? "no content type"
    guard let schema = content.member(mediaType)?["schema"] else {
      return problems + ["\(mediaType) is not listed"]
    }
    guard let body else { return problems }
    guard mediaType == "application/json" else {
      return problems + self.check.problems(of: .string(Array(body.utf8)), against: schema)
    }
    do {
      return problems
        + self.check.problems(of: try JSONValue(parsing: Array(body.utf8)), against: schema)
    } catch {
      return problems + ["the body is no JSON: \(error)"]
    }
  }

  private func problems(
    ofHeaders headers: [(name: String, value: String)], answer: JSONValue
  ) -> [String] {
    let listed = answer["headers"] ?? .null
    var problems: [String] = []
    for name in listed.memberNames {
      let header = self.check.resolve(listed.member(name) ?? .null)
      let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
      if values.isEmpty, header["required"] == .boolean(true) {
        problems.append("header \(name) is missing")
      }
      for value in values {
        // A header's value is text; its schema may say that the text is a number.
        let isNumber = header["schema"]?["type"]?.text == "integer"
        let json = isNumber ? (try? JSONValue(parsing: Array(value.utf8))) : nil
        problems += self.check.problems(
          of: json ?? .string(Array(value.utf8)), against: header["schema"] ?? .null, at: name)
      }
    }
    let names = Set(listed.memberNames.map { $0.lowercased() }).union(Self.framing)
    return problems
      + headers.filter { !names.contains($0.name.lowercased()) }
      .map { "header \($0.name) is not listed" }
  }

  /// The Response Object; nil when the status is not listed.
  private func answer(_ method: String, path: String, status: Int) -> JSONValue? {
    let responses = self.check.document["components"]?["responses"]
    guard let template = self.template(of: path) else {
      return status == 404 ? responses?["NotFound"] : nil
    }
    let operations = self.check.document["paths"]?.member(template) ?? .null
    guard let operation = operations.member(method.lowercased()) else {
      return status == 405 ? responses?["MethodNotAllowed"] : nil
    }
    return operation["responses"]?.member("\(status)").map(self.check.resolve)
  }

  /// Of the paths that the document has, the one that this is.
  private func template(of path: String) -> String? {
    let segments = path.split(separator: "/")
    let paths = (self.check.document["paths"] ?? .null).memberNames.filter { template in
      let known = template.split(separator: "/")
      return known.count == segments.count
        && zip(known, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    // A literal one before one with a variable.
    return paths.min { $0.count(where: { $0 == "{" }) < $1.count(where: { $0 == "{" }) }
  }
}
