import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What somebody tries who wants another's code or token.
@Suite struct GrantAttackTests {
  private let cloud = TestCloud()

  private func fields(replacing parameter: String, by value: String?) -> [(String, String)] {
    TestCloud.authorizationFields.compactMap { name, former in
      name == parameter ? value.map { (name, $0) } : (name, former)
    }
  }

  private func ask(_ fields: [(String, String)]) async throws -> Answer {
    let query = FormEncoding.encode(
      fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
    return try await self.cloud.request(
      .get, "/oauth/authorize?" + String(decoding: query, as: UTF8.self))
  }

  @Test(
    arguments: [
      "http://127.0.0.1:49152/callback/", "http://127.0.0.1:49152/callback/../callback",
      "http://127.0.0.1:49152/Callback", "http://127.0.0.1:49152/callback?x", "http://127.0.0.1",
      "http://127.0.0.1:49152/callback#", "http://127.0.0.1:49152/callback%00",
      "http://127.0.0.1:49152//callback", "http://127.0.0.1:49152/callback.evil",
      "http://127.0.0.1:49152@evil.test/callback", "http://127.0.0.1:/callback",
      "http://127.0.0.1:0/callback", "http://127.0.0.1:65536/callback",
      "http://127.0.0.1:4915２/callback", "http://127.0.0.1:049152x/callback",
      "http://127.0.0.1.evil.test/callback", "http://127.0.0.2:49152/callback",
      "http://localhost:49152/callback", "https://127.0.0.1:49152/callback",
      "HTTP://127.0.0.1:49152/callback", "http://127.0.0.1:49152\\@evil.test/callback",
      " http://127.0.0.1:49152/callback", "http://127.0.0.1:49152/callback\r\nX: 1",
      "relink://callback/", "relink://callback.evil", "relink:callback", "Relink://callback",
      "javascript:alert(1)", "//127.0.0.1/callback", "/callback", "",
    ])
  func `a redirect URI that almost matches gets nothing`(uri: String) async throws {
    let fields = self.fields(replacing: "redirect_uri", by: uri)
    let asked = try await self.ask(fields)
    #expect(asked.status == 400)
    #expect(asked.headers[.location] == nil)
    try await self.cloud.openAccount("owner@example.org")
    let decided = try await self.cloud.postForm(
      "/oauth/authorize",
      fields + [
        ("email", "owner@example.org"), ("password", TestCloud.password), ("decision", "allow"),
      ])
    #expect(decided.status == 400)
    #expect(decided.headers[.location] == nil)
  }

  @Test(
    arguments: [
      ("code_challenge", nil), ("code_challenge", ""), ("code_challenge_method", nil),
      ("code_challenge_method", "plain"), ("code_challenge_method", "s256"),
      ("code_challenge", CloudFixture.codeVerifier.text + "="),
    ])
  func `a code without PKCE, or with less of it, is not to be had`(
    parameter: String, value: String?
  ) async throws {
    try await self.cloud.openAccount("owner@example.org")
    let answer = try await self.cloud.postForm(
      "/oauth/authorize",
      self.fields(replacing: parameter, by: value) + [
        ("email", "owner@example.org"), ("password", TestCloud.password), ("decision", "allow"),
      ])
    let location = try #require(answer.headers[.location])
    #expect(location.contains("error=invalid_request"))
    #expect(!location.contains("code="))
  }

  @Test(arguments: [nil, "", "x", String(repeating: "x", count: 43), CloudFixture.codeChallenge])
  func `a code without its verifier is worth nothing, and the next try neither`(
    verifier: String?
  ) async throws {
    try await self.cloud.openAccount("owner@example.org")
    let code = try await self.code()
    var fields = [
      ("grant_type", "authorization_code"), ("code", code), ("client_id", "relink-app"),
      ("redirect_uri", CloudFixture.redirectURI),
    ]
    if let verifier { fields.append(("code_verifier", verifier)) }
    let answer = try await self.cloud.postForm("/oauth/token", fields)
    #expect(answer.status == 400)
    #expect(!answer.text.contains("access_token"))
  }

  @Test func `a code that is used twice gives nothing, and takes back what it gave`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let code = try await self.code()
    let first = try await TestCloud.tokens(self.cloud.exchange(code: code))
    #expect(try await self.cloud.request(.get, "/v1/session", token: first.access).status == 200)
    let second = try await self.cloud.exchange(code: code)
    #expect(second.status == 400)
    #expect(try second.string("error") == "invalid_grant")
    // RFC 6749 §4.1.2: tokens that came of it are revoked.
    #expect(try await self.cloud.request(.get, "/v1/session", token: first.access).status == 401)
    #expect(try await self.cloud.refresh(first.refresh).status == 400)
  }

  @Test func `a code for another redirect or client is worth nothing`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    for (name, value) in [
      ("redirect_uri", "relink://callback"), ("redirect_uri", "http://127.0.0.1:49153/callback"),
      ("client_id", "relink-camera"),
    ] {
      let good = [
        ("grant_type", "authorization_code"), ("code", try await self.code()),
        ("client_id", "relink-app"), ("redirect_uri", CloudFixture.redirectURI),
        ("code_verifier", CloudFixture.codeVerifier.text),
      ]
      let answer = try await self.cloud.postForm(
        "/oauth/token", good.map { $0.0 == name ? (name, value) : $0 })
      #expect((400...401).contains(answer.status), "\(name)")
    }
  }

  @Test(arguments: ["a\r\nSet-Cookie: x=1", "a\u{0}b", "\"\\", "é\u{2028}", "%0d%0aX: 1"])
  func `nothing that a peer wrote gets into a header or breaks a description`(
    text: String
  ) async throws {
    // The name of a parameter, which descriptions repeat.
    let name = FormEncoding.encode([FormField(name: Array(text.utf8), value: [])])
      .map { String(UnicodeScalar($0)) }.joined()
    let form = try await self.cloud.request(
      .post, "/oauth/token", headers: [.contentType: "application/x-www-form-urlencoded"],
      body: "\(name)1&\(name)1")
    #expect(form.status == 400)
    // The state, which goes back in the redirect.
    let redirected = try await self.ask(
      self.fields(replacing: "state", by: text).filter { $0.0 != "code_challenge" })
    #expect(redirected.status == 303)
    // A token, which the challenge is about.
    let refused = try await self.cloud.request(
      .get, "/v1/session", token: text.filter { !$0.isNewline && $0 != "\0" })
    #expect(refused.status == 401)
    for answer in [form, redirected, refused] {
      #expect(answer.headers[.setCookie] == nil)
      for field in answer.headers {
        #expect(field.value.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(field.name)")
      }
      if let description = try? answer.string("error_description") {
        #expect(
          description.utf8.allSatisfy {
            (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C
          }, "\(description)")
      }
    }
  }

  private func code() async throws -> String {
    let answer = try await self.cloud.decide(email: "owner@example.org")
    let location = try #require(answer.headers[.location])
    let items = try #require(URLComponents(string: location)?.queryItems)
    return try #require(items.first { $0.name == "code" }?.value)
  }
}
