import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import TestSupport
import Testing

@testable import CloudServer

/// Sign-in over real sockets, and over a restart.
@Suite(.timeLimit(.minutes(5))) struct SignInRunningTests {
  private static func logIn(
    _ email: String, password: String, to cloud: RunningCloud, on client: HTTPClient
  ) async throws -> Int {
    try await client.sendForm(
      cloud.origin + "/oauth/authorize",
      TestCloud.authorizationFields + [
        ("email", email), ("password", password), ("decision", "allow"),
      ]
    ).status
  }

  @Test func `a session that its owner ends is closed at once`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let phone = try await cloud.newOwner("owner@example.org", on: client)
        let tablet = try await cloud.signIn("owner@example.org", on: client)
        let dying = try await cloud.events(phone.accessText, on: client)
        let living = try await cloud.events(tablet.accessText, on: client)
        #expect(try await dying.next() == "ready {}")
        #expect(try await living.next() == "ready {}")
        let own = try await client.send(
          "GET", cloud.origin + "/v1/session", token: phone.accessText)
        let id = try #require(try own.string("session_id"))
        let ended = try await client.send(
          "DELETE", cloud.origin + "/v1/sessions/\(id)", token: tablet.accessText)
        #expect(ended.status == 204)
        #expect(try await dying.next() == nil)
        let still = try await client.send(
          "GET", cloud.origin + "/v1/session", token: tablet.accessText)
        #expect(still.status == 200)
      }
    }
  }

  @Test func `a restart forgives no failures and keeps the second factor`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/cloud")
    let clock = TestClock()
    let email = "owner@example.org"
    let other = "other@example.org"
    let secret = try await RunningCloud.with(storage: storage, clock: clock.read) { cloud in
      try await cloud.withClient { client in
        let app = try await cloud.newOwner(email, on: client)
        _ = try await cloud.newOwner(other, on: client)
        let enrolled = try await client.send(
          "POST", cloud.origin + "/v1/account/totp",
          body: #"{"password":"\#(TestCloud.password)"}"#, token: app.accessText)
        let secret = try #require(try enrolled.string("secret"))
        let authenticator = try TestAuthenticator(secret, clock: clock)
        let confirmed = try await client.send(
          "POST", cloud.origin + "/v1/account/totp/confirm",
          body: #"{"code":"\#(authenticator.code)"}"#, token: app.accessText)
        #expect(confirmed.status == 200)
        for _ in 0..<5 {
          #expect(try await Self.logIn(other, password: "wrong", to: cloud, on: client) == 403)
        }
        return secret
      }
    }
    try await RunningCloud.with(storage: storage, clock: clock.read) { cloud in
      try await cloud.withClient { client in
        let password = TestCloud.password
        #expect(try await Self.logIn(other, password: password, to: cloud, on: client) == 429)
        clock.advance(seconds: 60)
        #expect(try await Self.logIn(other, password: password, to: cloud, on: client) == 303)
        let asked = try await client.sendForm(
          cloud.origin + "/oauth/authorize",
          TestCloud.authorizationFields + [
            ("email", email), ("password", password), ("decision", "allow"),
          ])
        #expect(asked.status == 200)
        let ticket = try #require(
          asked.text.firstMatch(of: /name="login" value="([^"]*)"/).map { String($0.1) })
        let cookie = try #require(asked.headers["set-cookie"]?.split(separator: ";").first)
        let authenticator = try TestAuthenticator(secret, clock: clock)
        let form = FormEncoding.encode(
          (TestCloud.authorizationFields + [
            ("login", ticket), ("code", authenticator.code), ("decision", "allow"),
          ]).map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
        let answer = try await client.send(
          "POST", cloud.origin + "/oauth/authorize",
          contentType: "application/x-www-form-urlencoded",
          body: String(decoding: form, as: UTF8.self), cookie: String(cookie))
        #expect(answer.status == 303)
      }
    }
  }
}
