import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// Confidential clients (RFC 6749 §2.3.1), beside the public app and the devices.
@Suite struct ClientAuthenticationTests {
  private static let secret = "s3cret: of+a%client&more="
  private let cloud = TestCloud(
    clients: OAuthClient.builtIn() + [
      OAuthClient(
        id: "a:speaker", kind: .alexa, redirectURIs: ["https://layla.test/cb"],
        policy: TokenPolicy(rotation: .retireOnUse),
        authentication: .secret(ClientSecretHash(of: Secret(secret))))
    ])

  private static func basic(_ id: String, _ secret: String) -> String {
    let text = [id, secret].map { part in
      String(
        decoding: FormEncoding.encode([FormField(name: [], value: Array(part.utf8))]).dropFirst(),
        as: UTF8.self)
    }.joined(separator: ":")
    return "Basic " + Data(text.utf8).base64EncodedString()
  }

  private func code() async throws -> String {
    if try await self.cloud.store.read({ try $0.accountCount() }) == 0 {
      try await self.cloud.openAccount("owner@example.org")
    }
    let fields = [
      ("response_type", "code"), ("client_id", "a:speaker"),
      ("redirect_uri", "https://layla.test/cb"), ("code_challenge", CloudFixture.codeChallenge),
      ("code_challenge_method", "S256"), ("email", "owner@example.org"),
      ("password", TestCloud.password), ("decision", "allow"),
    ]
    let answer = try await self.cloud.postForm("/oauth/authorize", fields)
    let location = try #require(answer.headers[.location])
    return try #require(
      URLComponents(string: location)?.queryItems?.first { $0.name == "code" }?.value)
  }

  private func exchange(
    _ code: String, _ fields: [(String, String)], authorization: String? = nil
  ) async throws -> Answer {
    try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", "https://layla.test/cb"),
        ("code_verifier", CloudFixture.codeVerifier.text),
      ] + fields, authorization: authorization)
  }

  @Test func `a secret is taken from the header or the form, at each endpoint`() async throws {
    let basic = Self.basic("a:speaker", Self.secret)
    let post = [("client_id", "a:speaker"), ("client_secret", Self.secret)]
    for way in [(fields: [], header: basic), (fields: post, header: nil)]
      as [(fields: [(String, String)], header: String?)]
    {
      let granted = try await self.exchange(
        self.code(), way.fields, authorization: way.header)
      #expect(granted.status == 200)
      let tokens = try TestCloud.tokens(granted)
      let refreshed = try await self.cloud.postForm(
        "/oauth/token",
        [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh)] + way.fields,
        authorization: way.header)
      #expect(refreshed.status == 200)
      let revoked = try await self.cloud.postForm(
        "/oauth/revoke", [("token", tokens.refresh)] + way.fields, authorization: way.header)
      #expect(revoked.status == 200)
      let dead = try await self.cloud.request(.get, "/v1/session", token: tokens.access)
      #expect(dead.status == 401)
    }
  }

  @Test func `a code is not spent by a client that is not believed`() async throws {
    let code = try await self.code()
    let refused = try await self.exchange(
      code, [("client_id", "a:speaker"), ("client_secret", "guess")])
    #expect(refused.status == 401)
    #expect(refused.headers[.wwwAuthenticate] == nil)
    let granted = try await self.exchange(
      code, [], authorization: Self.basic("a:speaker", Self.secret))
    #expect(granted.status == 200)
  }

  static let refused: [(fields: [(String, String)], header: String?)] = [
    ([("client_id", "a:speaker")], nil),
    ([("client_id", "a:speaker"), ("client_secret", "guess")], nil),
    ([("client_id", "a:speaker"), ("client_secret", Self.secret + "x")], nil),
    ([], Self.basic("a:speaker", "guess")),
    ([], Self.basic("a:speaker", "")),
    ([], Self.basic("nobody", Self.secret)),
    // Public clients have no secret that could be right.
    ([("client_id", "relink-app"), ("client_secret", Self.secret)], nil),
    ([], Self.basic("relink-app", Self.secret)),
    ([("client_id", "relink-camera"), ("client_secret", Self.secret)], nil),
    // Neither Basic nor readable.
    ([("client_id", "relink-app")], "Bearer x"),
    ([("client_id", "relink-app")], "Basic"),
    ([], "Basic !!!"),
    ([], "Basic " + Data("no colon".utf8).base64EncodedString()),
    ([], "Basic " + Data(":x".utf8).base64EncodedString()),
    ([], "Basic " + Data("a%3:x".utf8).base64EncodedString()),
    ([], "Basic " + Data("a%FF:x".utf8).base64EncodedString()),
    ([], "Basic " + Data([0x61, 0x00, 0x3A, 0x62]).base64EncodedString()),
  ]

  @Test(arguments: refused.indices)
  func `whoever is not believed is a 401, with a challenge if the header was used`(
    index: Int
  ) async throws {
    let (fields, header) = Self.refused[index]
    for (path, grant) in [
      ("/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", "x")]),
      ("/oauth/revoke", [("token", "x")]),
    ] {
      let answer = try await self.cloud.postForm(path, grant + fields, authorization: header)
      #expect(answer.status == 401, "\(path)")
      #expect(try answer.string("error") == "invalid_client")
      #expect(
        answer.headers[.wwwAuthenticate] == (header == nil ? nil : #"Basic realm="relink""#))
      #expect(!answer.text.contains(Self.secret))
    }
  }

  static let ambiguous: [(fields: [(String, String)], header: String)] = [
    ([("client_secret", Self.secret)], Self.basic("a:speaker", Self.secret)),
    (
      [("client_id", "a:speaker"), ("client_secret", Self.secret)],
      Self.basic("a:speaker", Self.secret)
    ),
    ([("client_id", "relink-app")], Self.basic("a:speaker", Self.secret)),
  ]

  @Test(arguments: ambiguous.indices)
  func `two ways at once, or two clients, are a 400`(index: Int) async throws {
    let (fields, header) = Self.ambiguous[index]
    let answer = try await self.cloud.postForm(
      "/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", "x")] + fields,
      authorization: header)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test func `an empty secret is that of a public client`() async throws {
    let app = try await self.cloud.newOwner()
    let byForm = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "refresh_token"), ("refresh_token", app.refresh),
        ("client_id", "relink-app"), ("client_secret", ""),
      ])
    #expect(byForm.status == 200)
    let byHeader = try await self.cloud.postForm(
      "/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", app.refresh)],
      authorization: Self.basic("relink-app", ""))
    #expect(byHeader.status == 200)
  }

  @Test func `one client's refresh token is unknown to another that is believed`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.postForm(
      "/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", app.refresh)],
      authorization: Self.basic("a:speaker", Self.secret))
    #expect(answer.status == 400)
    #expect(try answer.string("reason") == "token_unknown")
    #expect(try await self.cloud.refresh(app.refresh).status == 200)
  }
}
