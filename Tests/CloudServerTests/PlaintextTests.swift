import DeviceProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudServer

/// The public listener speaks TLS and nothing else: RFC 6749 §2.3.1, §3.1, §3.2, §10.9, RFC 6750 §5.3,
/// RFC 7009 §2, RFC 7662 §4, RFC 8628 §3.1.
@Suite(.timeLimit(.minutes(5))) struct PlaintextTests {
  private static func request(
    _ method: String, _ path: String, token: String? = nil, form: [(String, String)]? = nil
  ) -> String {
    let body = String(decoding: form.map(Self.encoded) ?? [], as: UTF8.self)
    var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"]
    if let token { lines.append("Authorization: Bearer \(token)") }
    if form != nil { lines.append("Content-Type: application/x-www-form-urlencoded") }
    lines.append("Content-Length: \(body.utf8.count)")
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
  }

  private static func encoded(_ fields: [(String, String)]) -> [UInt8] {
    FormEncoding.encode(
      fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
  }

  /// One request to each endpoint, which over TLS would be served.
  private static func requests(of owner: TokenResponse) -> [String] {
    let query = String(decoding: Self.encoded(TestCloud.authorizationFields), as: UTF8.self)
    return [
      Self.request("GET", "/.well-known/oauth-authorization-server"),
      Self.request("GET", "/oauth/jwks"), Self.request("GET", "/oauth/authorize?\(query)"),
      Self.request(
        "POST", "/oauth/authorize",
        form: TestCloud.authorizationFields + [
          ("email", "owner@example.org"), ("password", TestCloud.password),
          ("decision", "allow"),
        ]),
      Self.request(
        "POST", "/oauth/token",
        form: [
          ("grant_type", "refresh_token"), ("refresh_token", owner.refreshText),
          ("client_id", "relink-app"),
        ]),
      Self.request(
        "POST", "/oauth/revoke",
        form: [("token", owner.refreshText), ("client_id", "relink-app")]),
      Self.request("POST", "/oauth/introspect", form: [("token", owner.accessText)]),
      Self.request("POST", "/oauth/device_authorization", form: [("client_id", "relink-app")]),
      Self.request("GET", "/device"),
      Self.request("GET", "/v1/session", token: owner.accessText),
    ]
  }

  @Test func `plain HTTP is answered at no endpoint, and nothing is done that it asks`()
    async throws
  {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        for request in Self.requests(of: owner) {
          // Whether the connection is closed or reset is the same.
          let answer =
            (try? await ListenerTests.exchange(port: cloud.listening.port, request)) ?? ""
          #expect(!answer.contains("HTTP/"), "\(request)")
        }
        // Neither revoked nor replaced.
        let session = try await client.send(
          "GET", cloud.origin + "/v1/session", token: owner.accessText)
        #expect(session.status == 200)
        let list = try await cloud.administer("GET", "/admin/v1/sessions", on: client)
        guard case .array(let sessions)? = try list.json["sessions"] else {
          Issue.record("no list")
          return
        }
        #expect(sessions.map { $0["generation"] } == [.integer(1)])
      }
    }
  }

  /// The same bytes to a listener without TLS: they are requests.
  @Test func `each of these requests is one`() async throws {
    let owner = try TokenResponse(
      parsing: Array(
        #"{"access_token":"a","refresh_token":"b","token_type":"Bearer","expires_in":1}"#.utf8))
    for request in Self.requests(of: owner) {
      try await ListenerTests.withListener { port in
        let answer = try await ListenerTests.exchange(port: port, request)
        #expect(answer.hasPrefix("HTTP/1.1 "), "\(request)")
        #expect(!answer.hasPrefix("HTTP/1.1 404"), "\(request)")
        #expect(!answer.hasPrefix("HTTP/1.1 405"), "\(request)")
      }
    }
  }
}
