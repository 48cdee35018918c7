import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// Demands of the standards that no other test shows; `docs/standards.md` lists them all.
@Suite struct StandardsTests {
  private let cloud = TestCloud()

  private func authorize(replacing name: String, with value: String?) async throws -> Answer {
    let fields = TestCloud.authorizationFields.compactMap { field -> FormField? in
      guard let value = field.0 == name ? value : field.1 else { return nil }
      return FormField(name: Array(field.0.utf8), value: Array(value.utf8))
    }
    let query = String(decoding: FormEncoding.encode(fields), as: UTF8.self)
    return try await self.cloud.request(.get, "/oauth/authorize?\(query)")
  }

  /// RFC 6749 §3.1, §3.2
  @Test func `a parameter that nobody knows is ignored`() async throws {
    let app = try await self.cloud.newOwner()
    let query = String(
      decoding: FormEncoding.encode(
        (TestCloud.authorizationFields + [("scope", "all"), ("nonsense", "1")])
          .map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) }), as: UTF8.self)
    #expect(try await self.cloud.request(.get, "/oauth/authorize?\(query)").status == 200)
    let refreshed = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "refresh_token"), ("refresh_token", app.refresh),
        ("client_id", "relink-app"), ("nonsense", "1"),
      ])
    #expect(refreshed.status == 200)
  }

  /// RFC 6749 §3.2
  @Test(arguments: [HTTPRequest.Method.get, .put, .delete, .head])
  func `the token endpoint answers POST alone`(method: HTTPRequest.Method) async throws {
    let answer = try await self.cloud.request(
      method, "/oauth/token?grant_type=refresh_token&refresh_token=x&client_id=relink-app")
    #expect(answer.status == 405)
    #expect(answer.headers[.allow] == "POST")
  }

  /// RFC 6749 §5.2: 0x20–21, 0x23–5B, 0x5D–7E
  @Test(
    arguments: [
      "a \"quote\"", "a\\b", "a\r\nSet-Cookie: a=b", "\u{0}", "ü", "\u{7F}", "🏠", "%0d%0aX: y",
    ])
  func `a description of an error holds no character outside of its set`(
    text: String
  ) async throws {
    let answers = [
      try await self.cloud.postForm(
        "/oauth/token", [("grant_type", text), ("client_id", "relink-app")]),
      try await self.cloud.postForm(
        "/oauth/token",
        [("grant_type", "refresh_token"), ("refresh_token", text), ("client_id", text)]),
      try await self.cloud.postForm("/oauth/revoke", [("token", text), ("client_id", text)]),
      try await self.cloud.postForm("/oauth/token", [(text, "a"), (text, "b")]),
      try await self.authorize(replacing: "client_id", with: text),
      try await self.authorize(replacing: "redirect_uri", with: text),
    ]
    for answer in answers {
      #expect(400..<500 ~= answer.status)
      let words = [try answer.string("error"), try answer.string("error_description")]
      for word in words.compactMap({ $0 }) {
        #expect(!word.isEmpty)
        #expect(
          word.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != 0x22 && $0 != 0x5C },
          "\(word.debugDescription)")
      }
    }
  }

  /// RFC 6749 §5.1
  @Test func `answers that carry tokens are kept by no cache, however old`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.refresh(app.refresh)
    #expect(answer.status == 200)
    #expect(answer.headers[.cacheControl] == "no-store")
    #expect(answer.headers[.pragma] == "no-cache")
  }

  /// RFC 6749 §10.12: a page cannot know the password, and there is no session to ride on.
  @Test(arguments: ["", "wrong password"])
  func `a decision without the owner's password gives no code`(password: String) async throws {
    _ = try await self.cloud.newOwner()
    let answer = try await self.cloud.decide(email: "owner@example.org", password: password)
    #expect(answer.status == (password.isEmpty ? 400 : 403))
    #expect(answer.headers[.location] == nil)
    #expect(answer.headers[.setCookie] == nil)
  }

  /// RFC 6750 §2.3, §5.3
  @Test func `a token in the query opens no door`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.request(.get, "/v1/session?access_token=\(app.access)")
    #expect(answer.status == 401)
  }

  /// RFC 6750 §2: the header is the only way. Whoever sends a second token as well sends none in it.
  @Test func `a token that comes in another way too changes nothing`() async throws {
    let app = try await self.cloud.newOwner()
    let beside = try await self.cloud.request(
      .get, "/v1/session?access_token=\(app.access)", token: "rlka_nonsense")
    #expect(beside.status == 401)
    #expect(try beside.string("reason") == "token_unknown")
    let right = try await self.cloud.request(
      .get, "/v1/session?access_token=rlka_nonsense", token: app.access)
    #expect(right.status == 200)
    let inTheBody = try await self.cloud.postForm(
      "/v1/pairing-tokens", [("access_token", app.access)])
    #expect(inTheBody.status == 401)
    for second in [app.access, "rlka_nonsense"] {
      for order in [[app.access, second], [second, app.access]] {
        var headers = HTTPFields()
        for token in order {
          headers.append(HTTPField(name: .authorization, value: "Bearer \(token)"))
        }
        let twice = try await self.cloud.request(.get, "/v1/session", headers: headers)
        #expect(twice.status == 401)
      }
    }
  }

  /// RFC 7009 §2.1
  @Test(arguments: ["refresh_token", "access_token", "nonsense"])
  func `a hint about a token's type changes nothing`(hint: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.postForm(
      "/oauth/revoke",
      [("token", app.refresh), ("token_type_hint", hint), ("client_id", "relink-app")])
    #expect(answer.status == 200)
    #expect(try await self.cloud.refresh(app.refresh).status == 400)
  }

  /// RFC 7636 §4.4
  @Test func `a code says nothing of its challenge`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let answer = try await self.cloud.decide(email: "owner@example.org")
    let location = try #require(answer.headers[.location])
    #expect(location.contains("code=rlkc_"))
    #expect(!location.contains(CloudFixture.codeChallenge))
  }

  /// RFC 7636 §7.2, RFC 9700 §2.1.1
  @Test(arguments: ["plain", nil, "s256"])
  func `a request is not talked down to a plain challenge, or to none`(
    method: String?
  ) async throws {
    let answer = try await self.authorize(replacing: "code_challenge_method", with: method)
    #expect(answer.status == 303)
    #expect(answer.headers[.location]?.contains("error=invalid_request") == true)
    let none = try await self.authorize(replacing: "code_challenge", with: nil)
    #expect(none.headers[.location]?.contains("error=invalid_request") == true)

    try await self.cloud.openAccount("owner@example.org")
    let location = try #require(
      try await self.cloud.decide(email: "owner@example.org").headers[.location])
    let code = try #require(location.split(separator: "code=").last?.split(separator: "&").first)
    let exchanged = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", String(code)),
        ("redirect_uri", CloudFixture.redirectURI), ("client_id", "relink-app"),
      ])
    #expect(exchanged.status == 400)
    #expect(try exchanged.string("error") == "invalid_request")
  }
}
