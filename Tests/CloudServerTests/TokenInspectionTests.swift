import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct TokenInspectionTests {
  private let cloud = TestCloud()

  private func inspect(_ token: String) async throws -> Answer {
    let answer = try await self.cloud.administer(
      .post, "/admin/v1/tokens/inspect", body: #"{"token":"\#(token)"}"#)
    #expect(answer.status == 200)
    // Never more than its prefix and four characters.
    if token.count > 20 { #expect(!answer.text.contains(token.prefix(14))) }
    return answer
  }

  private func expect(
    _ token: String, _ state: String, _ reason: String? = nil, standing: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await self.inspect(token)
    #expect(try answer.string("state") == state, sourceLocation: sourceLocation)
    #expect(try answer.string("reason") == reason, sourceLocation: sourceLocation)
    if let standing {
      #expect(try answer.string("standing") == standing, sourceLocation: sourceLocation)
    }
  }

  private func order(_ body: String) async throws {
    #expect(
      try await self.cloud.administer(.post, "/admin/v1/logout", body: body).status == 200)
  }

  @Test func `an access token is told with all that it says`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.inspect(camera.access)
    let json = try answer.json
    let now = Int64(self.cloud.clock.now.value)
    #expect(try answer.string("kind") == "access")
    #expect(try answer.string("state") == "alive")
    #expect(json["reason"] == nil)
    #expect(json["issued_at"] == .integer(now))
    #expect(json["expires_at"] == .integer(now + 3_600_000))
    #expect(try answer.string("client_id") == "relink-camera")
    #expect(try answer.string("account_id") == app.account)
    #expect(try answer.string("account_email") == "owner@example.org")
    #expect(try answer.string("device_id") == CloudFixture.certificate(1).deviceID.text)
    #expect(json["generation"] == .integer(1))
    #expect(json["session_generation"] == .integer(1))
    guard case .array(let epochs)? = json["epochs"] else {
      Issue.record("no epochs: \(answer.text)")
      return
    }
    #expect(
      epochs.map { $0["scope"] }
        == [
          "everyone", "issued_before", "kind", "region", "account", "device", "session",
        ].map { .string(Array($0.utf8)) })
    #expect(epochs.allSatisfy { $0["minted"] == $0["present"] })
  }

  @Test func `a dead access token is told with why`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    self.cloud.clock.advance(seconds: 3_600)
    try await self.expect(app.access, "dead", "expired")
    try await self.order(#"{"scope":"kind","kind":"app","reason":"a leak"}"#)
    // A logout before the mere end of its life.
    let answer = try await self.inspect(app.access)
    #expect(try answer.string("reason") == "logged_out")
    let json = try answer.json
    #expect(json["logout"]?["scope"] == .string(Array("kind".utf8)))
    #expect(json["logout"]?["target"] == .string(Array("app".utf8)))
    #expect(json["logout"]?["reason"] == .string(Array("a leak".utf8)))
    guard case .array(let epochs)? = json["epochs"] else {
      Issue.record("no epochs: \(answer.text)")
      return
    }
    #expect(epochs[2]["minted"] == .integer(0))
    #expect(epochs[2]["present"] == .integer(1))

    let again = try await self.cloud.signIn("owner@example.org")
    _ = try await self.cloud.postForm(
      "/oauth/revoke", [("token", again.refresh), ("client_id", "relink-app")])
    let revoked = try await self.inspect(again.access)
    #expect(try revoked.string("reason") == "session_ended")
    #expect(try revoked.string("session_end") == "revoked")
    try await self.expect(again.refresh, "dead", "session_ended", standing: "live")
    _ = camera
  }

  @Test func `each standing of a refresh token is told, and asking is no replay`() async throws {
    let app = try await self.cloud.newOwner()
    func next(_ token: String) async throws -> String {
      try await TestCloud.tokens(self.cloud.refresh(token)).refresh
    }
    let second = try await next(app.refresh)
    let third = try await next(second)
    try await self.expect(third, "alive", standing: "live")
    try await self.expect(second, "alive", standing: "previous")
    try await self.expect(app.refresh, "dead", "replayed", standing: "replaced")
    // Nothing came of having asked.
    let answer = try await self.inspect(third)
    #expect(try answer.json["generation"] == .integer(3))
    #expect(try answer.string("state") == "alive")
    let fourth = try await next(third)
    try await self.order(#"{"scope":"issued_before"}"#)
    for token in [app.refresh, second, third, fourth] {
      try await self.expect(token, "dead", "logged_out")
    }
  }

  @Test func `a refresh token tells when it was minted, also one that was replaced`() async throws {
    let app = try await self.cloud.newOwner()
    let start = Int64(self.cloud.clock.now.value)
    self.cloud.clock.advance(seconds: 60)
    let second = try await TestCloud.tokens(self.cloud.refresh(app.refresh))
    #expect(try await self.inspect(app.refresh).json["issued_at"] == .integer(start))
    #expect(try await self.inspect(second.refresh).json["issued_at"] == .integer(start + 60_000))
  }

  @Test func `a pairing token is told until it is used, expired or its maker logged out`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let tokens = [
      try await self.cloud.pairingToken(of: app), try await self.cloud.pairingToken(of: app),
      try await self.cloud.pairingToken(of: app),
    ]
    for token in tokens { try await self.expect(token, "alive") }
    #expect(
      try await self.cloud.pair(CloudFixture.certificate(1), with: tokens[0]).status == 200)
    try await self.expect(tokens[0], "dead", "pairing_token_used")
    try await self.order(#"{"scope":"account","email":"owner@example.org","reason":"lost"}"#)
    let dead = try await self.inspect(tokens[1])
    #expect(try dead.string("reason") == "pairing_token_expired")
    #expect(try dead.json["logout"]?["reason"] == .string(Array("lost".utf8)))
    self.cloud.clock.advance(seconds: 600)
    try await self.expect(tokens[2], "dead", "pairing_token_expired")
  }

  @Test func `an authorization code is told until it is used, expired or logged out`() async throws
  {
    try await self.cloud.openAccount("owner@example.org")
    func code() async throws -> String {
      let decided = try await self.cloud.decide(email: "owner@example.org")
      let items = URLComponents(string: decided.headers[.location] ?? "")?.queryItems
      return try #require(items?.first { $0.name == "code" }?.value)
    }
    let (used, expired) = (try await code(), try await code())
    try await self.expect(used, "alive")
    #expect(try await self.cloud.exchange(code: used).status == 200)
    try await self.expect(used, "dead", "code_used")
    self.cloud.clock.advance(seconds: 60)
    try await self.expect(expired, "dead", "code_expired")
    let loggedOut = try await code()
    try await self.order(#"{"scope":"everyone"}"#)
    try await self.expect(loggedOut, "dead", "logged_out")
  }

  @Test func `the admin token and a resource server's secret are known`() async throws {
    try await self.expect(self.cloud.adminToken.secret.text, "alive")
    var random = SeededGenerator(seed: 5)
    try await self.expect(
      AdminToken(random: &random).secret.text, "unknown", "token_unknown")
    try await self.expect(
      ResourceServer.newSecret(random: &random).text, "unknown", "token_unknown")
  }

  @Test func `tokens of other keys, and text that is none, are told apart`() async throws {
    let other = TestCloud()
    let foreign = try await other.newOwner()
    try await self.expect(foreign.access, "unknown", "token_unknown")
    try await self.expect(foreign.refresh, "unknown", "token_unknown")
    try await self.expect(
      try await other.pairingToken(of: foreign), "unknown", "pairing_token_unknown")
    try await self.expect("hello", "unknown", "unknown_prefix")
    try await self.expect("rlka_x", "unknown", "too_short")
    try await self.expect(String(foreign.access.dropLast()) + "!", "unknown", "wrong_checksum")
    for body in ["{}", "[]", #"{"token":1}"#, #"{"token":"x","more":1}"#] {
      #expect(
        try await self.cloud.administer(.post, "/admin/v1/tokens/inspect", body: body).status == 400
      )
    }
  }

  @Test func `a JWT of somebody else is none of this project's`() async throws {
    func part(_ json: String) -> String {
      String(decoding: Base64URL.encode(Array(json.utf8)), as: UTF8.self)
    }
    let signature = String(repeating: "A", count: 43)
    for header in [#"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","typ":"at+jwt"}"#] {
      let token = "\(part(header)).\(part(#"{"sub":"1","relink":"AQ"}"#)).\(signature)"
      try await self.expect(token, "unknown", "unknown_prefix")
    }
    let shaped =
      "\(part(#"{"alg":"ES256","kid":"a","typ":"at+jwt"}"#)).\(part(#"{"relink":"AQ"}"#))."
      + String(repeating: "A", count: 86)
    try await self.expect(shaped, "unknown", "token_unknown")
  }

  @Test func `every kind has a word`() {
    #expect(TokenPrefix.authorizationCode.word == "authorization_code")
    #expect(TokenPrefix.access.word == "access")
    #expect(Set(TokenPrefix.allCases.map(\.word)).count == TokenPrefix.allCases.count)
  }
}
