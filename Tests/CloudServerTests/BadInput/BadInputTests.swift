import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@testable import CloudServer

/// Every parameter of every operation that the documents have, spoiled in every way. The answer is a
/// documented 4xx (the helper holds it to the document), never a 5xx, and the cloud serves on.
@Suite final class BadInputTests {
  private let cloud = TestCloud()
  private let household = Mutex<[ClientKind: TestCloud.Tokens]>([:])
  private static let withBody = DescribedInput.all.filter { $0.mediaType != nil }
  private static let withForm = DescribedInput.all.filter(\.isForm)
  private static let withJSON = DescribedInput.all.filter { $0.mediaType == "application/json" }
  private static let withQuery = DescribedInput.all.filter { !$0.queryNames.isEmpty }

  @Test(arguments: Self.withForm)
  func `a form's parameter absent, doubled, empty, too long, not UTF-8 or in the wrong case`(
    input: DescribedInput
  ) async throws {
    let good = input.members.map { ($0.name, $0.value.text ?? $0.value.print) }
    func encoded(_ fields: [(String, String)]) -> String {
      String(
        decoding: FormEncoding.encode(
          fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) }),
        as: UTF8.self)
    }
    for (index, (name, value)) in good.enumerated() {
      var without = good
      without.remove(at: index)
      let others = encoded(without)
      let long = String(repeating: "x", count: 60_000)
      // Doubled and not UTF-8 are always malformed; the others may be optional or not looked at.
      for (what, body, isMalformed) in [
        ("absent", others, false), ("empty", "\(others)&\(name)=", false),
        ("wrong case", encoded(without + [(name.uppercased(), value)]), false),
        ("too long", encoded(without + [(name, long)]), false),
        ("doubled", encoded(good + [(name, value)]), true),
        ("doubled, once empty", encoded(good) + "&\(name)=", true),
        ("not UTF-8", "\(others)&\(name)=%FF%FE", true),
        ("overlong UTF-8", "\(others)&\(name)=%C0%80", true),
        ("half an escape", "\(others)&\(name)=%4", true),
        ("a raw octet", "\(others)&\(name)=\u{E9}", true),
        ("a line break", "\(others)&\(name)=a\r\nX-Injected: 1", true),
      ] {
        let answer = try await self.send(input, contentType: input.mediaType, body: body)
        #expect(answer.status < 500, "\(what) '\(name)'")
        if isMalformed { #expect(answer.status == 400, "\(what) '\(name)'") }
        #expect(answer.headers[.init("X-Injected")!] == nil)
      }
    }
  }

  @Test(arguments: Self.withJSON)
  func `a body's member absent, doubled, null, of each wrong type, too long or unknown`(
    input: DescribedInput
  ) async throws {
    let good = input.members
    func text(_ members: [(name: String, value: String)]) -> String {
      "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
    }
    let values = good.map { (name: $0.name, value: $0.value.print) }
    for index in values.indices {
      let name = values[index].name
      var without = values
      without.remove(at: index)
      let wrong = [
        "null", "true", "-1", "1.5", "1e400", "18446744073709551616", "\"\"", "\"\\ud800\"",
        "[]", "{}", "[[[[[]]]]]", "\"" + String(repeating: "x", count: 60_000) + "\"",
        "\"\\u0000\"", "\"a\\r\\nX-Injected: 1\"",
      ]
      for value in wrong {
        let answer = try await self.send(
          input, contentType: input.mediaType, body: text(without + [(name, value)]))
        #expect(answer.status < 500, "'\(name)' is \(value.prefix(30))")
      }
      for body in [
        text(without), text(values + [(name.uppercased(), "1")]),
      ] {
        let answer = try await self.send(input, contentType: input.mediaType, body: body)
        #expect(answer.status < 500, "without '\(name)'")
      }
      let unknown = try await self.send(
        input, contentType: input.mediaType, body: text(values + [("no_such_member", "1")]))
      #expect(unknown.status == 400, "an unknown member")
    }
  }

  @Test(arguments: Self.withBody)
  func `a body that is malformed, of another type or too large`(
    input: DescribedInput
  ) async throws {
    let isRequired = input.described.operation.body?.isRequired == true
    for body in ["", "{", "[", "nul", "\u{0}", "{}{}", "\u{FEFF}{}", "{\"a\":1,}", "%", "=&=&="] {
      let answer = try await self.send(input, contentType: input.mediaType, body: body)
      #expect(answer.status < 500, "\(body)")
    }
    for contentType in [
      nil, "", "text/plain", "multipart/form-data; boundary=x", "application/xml",
    ] {
      let answer = try await self.send(input, contentType: contentType, body: "{}")
      #expect(answer.status == 415 || !isRequired, "\(contentType ?? "none")")
    }
    // A logout may bring a list of whom.
    let limit =
      input.described.operation.id == RouteOperation.logOut.id ? 16 * 1_024 * 1_024 : 64 * 1_024
    let large = try await self.send(
      input, contentType: input.mediaType, body: String(repeating: "x", count: limit + 1))
    #expect(large.status == 413)
  }

  @Test(arguments: DescribedInput.all)
  func `another method, another spelling of the path`(input: DescribedInput) async throws {
    let responder = input.isAdmin ? self.cloud.adminResponder : self.cloud.publicResponder
    let known = responder.described.filter { $0.route.path == input.described.route.path }
      .map(\.route.method)
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get"] {
      guard let method = HTTPRequest.Method(method), !known.contains(method) else { continue }
      let answer = try await self.send(input, method: method, contentType: nil, body: nil)
      #expect(answer.status == 405, "\(method)")
      #expect(answer.headers[.allow]?.isEmpty == false)
    }
    for path in [input.path.uppercased(), input.path + "/x", input.path + "%00", "/x" + input.path]
    {
      // An id may be spelled in any way and is nobody's.
      guard !input.described.route.path.contains("{"), path != input.path else { continue }
      let answer = try await self.send(input, path: path, contentType: nil, body: nil)
      #expect(answer.status == 404 || answer.status == 405, "\(path)")
    }
  }

  @Test(arguments: Self.withQuery)
  func `a query's parameter doubled, empty, too long, not UTF-8, no number`(
    input: DescribedInput
  ) async throws {
    for name in input.queryNames {
      for value in [
        "", "x", "-1", "0", "1.5", "99999999999999999999", "%00", "%0D%0AX-Injected:%201",
        String(repeating: "9", count: 8_000),
      ] {
        let answer = try await self.send(
          input, path: "\(input.path)?\(name)=\(value)", contentType: nil, body: nil)
        #expect(answer.status < 500, "\(name)=\(value.prefix(30))")
      }
      for query in ["\(name)=1&\(name)=1", "\(name)=%FF", "\(name)=%4", "\(name)=%C0%80"] {
        let answer = try await self.send(
          input, path: "\(input.path)?\(query)", contentType: nil, body: nil)
        #expect((400..<500).contains(answer.status), "\(query)")
      }
    }
  }

  // MARK: Asking

  /// Of a client that may; made when first asked for.
  private func tokens(of kinds: Set<ClientKind>) async throws -> TestCloud.Tokens {
    let kind = kinds.contains(.app) ? ClientKind.app : kinds.contains(.camera) ? .camera : .scale
    if let tokens = self.household.withLock({ $0[kind] }) { return tokens }
    let app = try await self.cloud.newOwner("\(kind.rawValue)@example.org")
    let tokens =
      kind == .app
      ? app : try await self.cloud.pairedDevice(1, of: app, clientID: "relink-\(kind.rawValue)")
    self.household.withLock { $0[kind] = tokens }
    return tokens
  }

  private func send(
    _ input: DescribedInput, method: HTTPRequest.Method? = nil, path: String? = nil,
    contentType: String?, body: String?
  ) async throws -> Answer {
    var headers = HTTPFields()
    headers[.contentType] = contentType
    var peer: DeviceCertificate?
    switch input.described.access {
    case .adminToken: headers[.authorization] = "Bearer \(self.cloud.adminToken.secret.text)"
    case .accessToken(let kinds):
      let tokens = try await self.tokens(of: kinds)
      headers[.authorization] = "Bearer \(tokens.access)"
      peer = tokens.device == nil ? nil : CloudFixture.certificate(1)
    case .anybody, .loopbackName: break
    }
    let responder = input.isAdmin ? self.cloud.adminResponder : self.cloud.publicResponder
    let connection = PeerConnection(
      deviceCertificate: peer, remoteAddress: CloudFixture.address)
    return try await PeerConnection.$current.withValue(connection) {
      try await TestCloud.send(
        method ?? input.described.route.method, path ?? input.path, headers: headers, body: body,
        to: responder)
    }
  }
}
