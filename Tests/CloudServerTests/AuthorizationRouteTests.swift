import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct AuthorizationRouteTests {
  private let cloud = TestCloud()

  private static func uri(replacing replacements: [String: String?] = [:]) -> String {
    let fields = TestCloud.authorizationFields.compactMap { field -> FormField? in
      let value = replacements[field.0, default: field.1]
      return value.map { FormField(name: Array(field.0.utf8), value: Array($0.utf8)) }
    }
    return "/oauth/authorize?" + String(decoding: FormEncoding.encode(fields), as: UTF8.self)
  }

  @Test func `the form holds nothing but itself`() async throws {
    let answer = try await self.cloud.request(.get, Self.uri())
    #expect(answer.status == 200)
    #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
    #expect(answer.headers[.cacheControl] == "no-store")
    let policy = try #require(answer.headers[.contentSecurityPolicy])
    #expect(policy.contains("default-src 'none'"))
    #expect(policy.contains("form-action 'self' http://127.0.0.1:49152;"))
    #expect(policy.contains("frame-ancestors 'none'"))
    #expect(answer.headers[.xContentTypeOptions] == "nosniff")
    #expect(!answer.text.contains("<script"))
    #expect(answer.text.contains(#"name="redirect_uri" value="http://127.0.0.1:49152/callback""#))
  }

  @Test func `what the client sent is escaped in the form`() async throws {
    let attack = #""><script>alert('x')</script>&"#
    let answer = try await self.cloud.request(.get, Self.uri(replacing: ["state": attack]))
    #expect(answer.status == 200)
    #expect(!answer.text.contains("<script"))
    #expect(
      answer.text.contains(
        "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"))
  }

  @Test(
    arguments: [
      "\"\u{301}><script>", "\u{600}<script>", "\u{110BD}\"autofocus", "\"\u{20DD}\u{FE0F}x",
      "'\u{200D}x",
      "&\u{308}lt;",
    ])
  func `what a browser reads as markup is escaped whatever surrounds it`(state: String) async throws
  {
    let answer = try await self.cloud.request(.get, Self.uri(replacing: ["state": state]))
    let scalars = Array(answer.text.unicodeScalars)
    let start = Array(#"name="state" value=""#.unicodeScalars)
    let index = try #require(scalars.indices.first { scalars[$0...].starts(with: start) })
    let field = scalars[(index + start.count)...].prefix { $0 != "\n" }.dropLast(2)
    let markup: [Unicode.Scalar] = ["<", "\"", "'"]
    #expect(!field.isEmpty)
    #expect(!field.contains { markup.contains($0) })
    let entities = ["amp;", "lt;", "gt;", "quot;", "#39;"]
    for index in field.indices where field[index] == "&" {
      #expect(entities.contains { field[(index + 1)...].starts(with: $0.unicodeScalars) })
    }
  }

  @Test(arguments: ["client_id", "redirect_uri"])
  func `an unknown client or redirect is not redirected to`(parameter: String) async throws {
    for value in [nil, "https://evil.test/callback"] {
      let answer = try await self.cloud.request(.get, Self.uri(replacing: [parameter: value]))
      #expect(answer.status == 400)
      #expect(answer.headers[.location] == nil)
    }
  }

  @Test(
    arguments: [
      ("response_type", "token", "unsupported_response_type"),
      ("code_challenge", "short", "invalid_request"),
      ("code_challenge_method", "plain", "invalid_request"),
    ])
  func `another mistake is told to the client`(
    parameter: String, value: String, error: String
  ) async throws {
    let answer = try await self.cloud.request(.get, Self.uri(replacing: [parameter: value]))
    #expect(answer.status == 303)
    let items = try Self.redirect(answer)
    #expect(items["error"] == error)
    #expect(items["state"] == "a state")
    #expect(items["iss"] == "https://127.0.0.1:8443")
  }

  @Test func `a parameter that comes twice is refused`() async throws {
    let answer = try await self.cloud.request(.get, Self.uri() + "&state=b")
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test func `an owner who allows is sent back with a code`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    let answer = try await self.cloud.decide(email: "Owner@example.org")
    #expect(answer.status == 303)
    let items = try Self.redirect(answer)
    #expect(items["state"] == "a state")
    #expect(items["iss"] == "https://127.0.0.1:8443")
    #expect(try await self.cloud.exchange(code: try #require(items["code"])).status == 200)
  }

  @Test func `an owner who denies needs no password`() async throws {
    let answer = try await self.cloud.decide(email: "", password: "", decision: "deny")
    #expect(answer.status == 303)
    #expect(try Self.redirect(answer)["error"] == "access_denied")
  }

  @Test(
    arguments: [
      ("owner@example.org", "wrong password", 403),
      ("nobody@example.org", TestCloud.password, 403),
      ("no address", TestCloud.password, 400),
      ("", "", 400),
    ])
  func `a failed login shows the form again, without the password`(
    email: String, password: String, status: Int
  ) async throws {
    try await self.cloud.openAccount("owner@example.org")
    let answer = try await self.cloud.decide(email: email, password: password)
    #expect(answer.status == status)
    #expect(answer.headers[.location] == nil)
    #expect(answer.headers[.contentSecurityPolicy] != nil)
    #expect(answer.text.contains(#"role="alert""#))
    #expect(password.isEmpty || !answer.text.contains(password))
  }

  @Test func `an unknown decision is refused`() async throws {
    let answer = try await self.cloud.decide(email: "a@b.c", decision: "maybe")
    #expect(answer.status == 400)
  }

  @Test func `after failed logins the owner has to wait, and then is let in`() async throws {
    try await self.cloud.openAccount("owner@example.org")
    for _ in 0..<5 {
      _ = try await self.cloud.decide(email: "owner@example.org", password: "wrong password")
    }
    let answer = try await self.cloud.decide(email: "owner@example.org")
    #expect(answer.status == 429)
    let seconds = try #require(answer.headers[.retryAfter].flatMap { UInt64($0) })
    #expect((1...60).contains(seconds))
    self.cloud.clock.advance(seconds: seconds)
    #expect(try await self.cloud.decide(email: "owner@example.org").status == 303)
  }

  /// RFC 6749 §3.1.2
  @Test func `a redirect URI keeps its own query`() async throws {
    let registered = "https://layla.test/cb?vendor=a%20b&empty="
    let cloud = TestCloud(clients: [
      OAuthClient(
        id: "speaker", kind: .alexa, redirectURIs: [registered],
        policy: TokenPolicy(rotation: .strict))
    ])
    try await cloud.openAccount("owner@example.org")
    func fields(_ responseType: String) -> [(String, String)] {
      [
        ("response_type", responseType), ("client_id", "speaker"), ("redirect_uri", registered),
        ("state", "a state"), ("code_challenge", CloudFixture.codeChallenge),
        ("code_challenge_method", "S256"),
      ]
    }
    for (responseType, decision, parameter) in [
      ("code", "allow", "code=rlkc_"), ("code", "deny", "error=access_denied"),
      ("token", "allow", "error=unsupported_response_type"),
    ] {
      let answer = try await cloud.postForm(
        "/oauth/authorize",
        fields(responseType) + [
          ("email", "owner@example.org"), ("password", TestCloud.password),
          ("decision", decision),
        ])
      #expect(answer.status == 303)
      let location = try #require(answer.headers[.location])
      #expect(location.hasPrefix(registered + "&\(parameter)"), "\(location)")
      #expect(location.split(separator: "?").count == 2)
      #expect(location.contains("&state=a+state"))
    }
  }

  @Test func `metadata names this cloud's endpoints`() async throws {
    let answer = try await self.cloud.request(.get, "/.well-known/oauth-authorization-server")
    #expect(answer.status == 200)
    #expect(try answer.string("issuer") == "https://127.0.0.1:8443")
    #expect(try answer.string("token_endpoint") == "https://127.0.0.1:8443/oauth/token")
    #expect(
      try answer.json["code_challenge_methods_supported"]
        == .array([.string(Array("S256".utf8))]))
    #expect(
      try answer.json["grant_types_supported"]
        == .array(GrantType.allCases.map { .string($0.bytes) }))
  }

  private static func redirect(_ answer: Answer) throws -> [String: String] {
    let location = try #require(answer.headers[.location])
    #expect(location.hasPrefix(CloudFixture.redirectURI + "?"))
    // In a form, spaces are plus signs.
    let query = try #require(location.split(separator: "?").last)
    let fields = try #require(FormEncoding.decode(Array(query.utf8)))
    return Dictionary(
      uniqueKeysWithValues: fields.map {
        (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
      })
  }
}
