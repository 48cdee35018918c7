import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct OpenAPIDocumentTests {
  private let cloud = TestCloud()
  private var responders: [CloudResponder] {
    [self.cloud.publicResponder, self.cloud.adminResponder]
  }

  @Test func `every route has one operation, and every operation a route`() throws {
    for responder in self.responders {
      let document = try JSONValue(parsing: responder.document.bytes)
      let operations = Self.operations(of: document).map { "\($0.method) \($0.path)" }
      let routes = responder.described.map { "\($0.route.method.rawValue) \($0.route.path)" }
      #expect(Set(operations).count == operations.count)
      #expect(Set(routes).count == routes.count)
      #expect(Set(operations) == Set(routes))
    }
  }

  @Test func `the router serves what the document has, and what it names is checked`()
    async throws
  {
    for responder in self.responders {
      for described in responder.described {
        // Without credentials and without a body: whatever it is, it is the route's own answer, and
        // the test's helper holds it to the document.
        let path = described.route.path.replacing(#/\{[^}]*\}/#, with: "x")
        let answer = try await TestCloud.send(
          described.route.method, path, headers: [:], body: nil, to: responder)
        #expect(answer.status != 404 && answer.status != 405, "\(described.route)")
        switch described.access {
        case .accessToken, .adminToken: #expect(answer.status == 401, "\(described.route)")
        case .anybody, .loopbackName: #expect(answer.status != 401, "\(described.route)")
        }
      }
    }
  }

  @Test func `operations have a name, a summary and a success each`() throws {
    for responder in self.responders {
      let ids = responder.described.map(\.operation.id)
      #expect(Set(ids).count == ids.count, "\(ids.sorted())")
      for described in responder.described {
        let operation = described.operation
        #expect(operation.id.wholeMatch(of: #/[a-z][A-Za-z0-9]*/#) != nil, "\(operation.id)")
        #expect(!operation.summary.isEmpty && !operation.summary.hasSuffix("."))
        #expect(operation.answers.contains { (200..<400).contains($0.status) }, "\(operation.id)")
        let statuses = described.answers.map(\.answer.status)
        #expect(Set(statuses).count == statuses.count, "\(operation.id): \(statuses)")
      }
    }
  }

  @Test func `the variables of a path are its parameters`() throws {
    for described in self.responders.flatMap(\.described) {
      let variables = described.route.path.matches(of: #/\{([^}]*)\}/#).map { String($0.1) }
      let parameters = described.operation.parameters.filter { $0.place == .path }.map(\.name)
      #expect(variables == parameters, "\(described.operation.id)")
    }
  }

  @Test func `every example is valid`() throws {
    for responder in self.responders {
      let document = try JSONValue(parsing: responder.document.bytes)
      let check = SchemaCheck(document: document)
      for operation in Self.operations(of: document) {
        let content = operation.value["requestBody"]?["content"] ?? .null
        for mediaType in content.memberNames {
          let body = content.member(mediaType) ?? .null
          guard let example = body["example"] else { continue }
          let problems = check.problems(of: example, against: body["schema"] ?? .null)
          #expect(problems.isEmpty, "\(operation.path): \(problems)")
        }
      }
    }
  }

  @Test func `the document is served to anybody, and not again when it has not changed`()
    async throws
  {
    for responder in self.responders {
      let answer = try await TestCloud.send(
        .get, "/openapi.json", headers: [:], body: nil, to: responder)
      #expect(answer.status == 200)
      #expect(Array(answer.text.utf8) == responder.document.bytes)
      #expect(try answer.string("openapi") == "3.1.0")
      #expect(answer.headers[.cacheControl] == "no-cache")
      let tag = try #require(answer.headers[.eTag])
      for presented in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
        let again = try await TestCloud.send(
          .get, "/openapi.json", headers: [.ifNoneMatch: presented], body: nil, to: responder)
        #expect(again.status == 304, "\(presented)")
        #expect(again.text.isEmpty)
      }
      let other = try await TestCloud.send(
        .get, "/openapi.json", headers: [.ifNoneMatch: "\"other\""], body: nil, to: responder)
      #expect(other.status == 200)
    }
  }

  /// Of all paths.
  static func operations(
    of document: JSONValue
  ) -> [(method: String, path: String, value: JSONValue)] {
    let paths = document["paths"] ?? .null
    return paths.memberNames.flatMap { path in
      let operations = paths.member(path) ?? .null
      return operations.memberNames.map {
        ($0.uppercased(), path, operations.member($0) ?? .null)
      }
    }
  }
}
