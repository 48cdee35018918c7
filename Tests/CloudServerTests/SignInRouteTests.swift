import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct SignInRouteTests {
  private let cloud = TestCloud()
  private static let owner = "owner@example.org"

  // MARK: Passwords

  private func register(_ password: String, at cloud: TestCloud? = nil) async throws -> Answer {
    try await (cloud ?? self.cloud).postJSON(
      "/v1/accounts", #"{"email":"\#(Self.owner)","password":"\#(password)"}"#)
  }

  @Test(arguments: [
    ("1234567", "password_too_short"), ("Password123", "password_common"),
    ("owner@example.org", "password_context"),
    (String(repeating: "long ", count: 205), "password_too_long"),
  ])
  func `a password that is easily guessed is refused, and not repeated`(
    password: String, reason: String
  ) async throws {
    let answer = try await self.register(password)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
    #expect(try answer.string("reason") == reason)
    #expect(reason == "password_context" || !answer.text.contains(password))
  }

  @Test func `the operator's list is looked at`() async throws {
    var builder = PasswordList.Builder()
    builder.count("correct horse".utf8)
    builder.endCounting()
    let isAdded = builder.add("correct horse".utf8)
    #expect(isAdded)
    let cloud = TestCloud(passwordList: try #require(builder.list()))
    #expect(try await self.register("Correct Horse", at: cloud).status == 400)
    #expect(try await self.register("incorrect horse", at: cloud).status == 201)
  }

  @Test func `a password is the same however its accents are spelled`() async throws {
    // The ligature and the full-width letters are what NFKC makes of them.
    #expect(try await self.register("Cafe\u{301} o\u{FB01}cine \u{FF21}").status == 201)
    let browser = TestBrowser(self.cloud)
    #expect(try await browser.logIn(Self.owner, password: "Caf\u{E9} oficine A").status == 303)
    #expect(try await browser.logIn(Self.owner, password: "Cafe oficine A").status == 403)
  }

  @Test func `a password from before it was normalised still logs in`() async throws {
    let text = "Cafe\u{301} Cafe\u{301}"
    let email = try #require(EmailAddress(Self.owner))
    _ = try await self.cloud.service.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      let hash = try PasswordHash(of: try #require(Password(text)), random: &random)
      return try cloud.register(
        email: email, passwordHash: hash, in: transaction, at: now, random: &random)
    }
    let browser = TestBrowser(self.cloud)
    #expect(try await browser.logIn(Self.owner, password: text).status == 303)
  }

  private func change(
    _ app: TestCloud.Tokens, old: String = TestCloud.password, to new: String, more: String = ""
  ) async throws -> Answer {
    try await self.cloud.postJSON(
      "/v1/account/password",
      #"{"old_password":"\#(old)","new_password":"\#(new)"\#(more)}"#, token: app.access)
  }

  @Test func `an owner changes the password and logs the other apps out`() async throws {
    let phone = try await self.cloud.newOwner()
    let tablet = try await self.cloud.signIn(Self.owner)
    let answer = try await self.change(tablet, to: "another password")
    #expect(answer.status == 200)
    #expect(try answer.json["ended_sessions"] == .integer(1))
    let dead = try await self.cloud.request(.get, "/v1/session", token: phone.access)
    #expect(dead.status == 401)
    #expect(try dead.string("reason") == "session_ended")
    #expect(try await self.cloud.request(.get, "/v1/session", token: tablet.access).status == 200)
    let browser = TestBrowser(self.cloud)
    #expect(try await browser.logIn(Self.owner).status == 403)
    #expect(try await browser.logIn(Self.owner, password: "another password").status == 303)
  }

  /// Asks the admin listener.
  ///
  /// - Parameter id: Of a session that has ended.
  /// - Returns: How it did, by its history, and from which address.
  private func end(of id: String) async throws -> (endedAs: JSONValue?, address: JSONValue?) {
    let answer = try await self.cloud.administer(.get, "/admin/v1/sessions/\(id)/history")
    guard case .array(let entries)? = try answer.json["history"] else { return (nil, nil) }
    return (entries.last?["ended_as"], entries.last?["address"])
  }

  private static let revoked = JSONValue.string(Array("revoked".utf8))
  private static let address = JSONValue.string(Array(CloudFixture.address.text.utf8))

  @Test func `what a new password ends is in the sessions' histories`() async throws {
    let phone = try await self.cloud.newOwner()
    let session = try await self.cloud.request(.get, "/v1/session", token: phone.access)
    let id = try #require(try session.string("session_id"))
    let tablet = try await self.cloud.signIn(Self.owner)
    #expect(try await self.change(tablet, to: "another password").status == 200)
    let end = try await self.end(of: id)
    #expect(end.endedAs == Self.revoked)
    #expect(end.address == Self.address)
  }

  @Test func `or leaves them`() async throws {
    let phone = try await self.cloud.newOwner()
    let tablet = try await self.cloud.signIn(Self.owner)
    let answer = try await self.change(
      tablet, to: "another password", more: #","end_other_sessions":false"#)
    #expect(try answer.json["ended_sessions"] == .integer(0))
    #expect(try await self.cloud.request(.get, "/v1/session", token: phone.access).status == 200)
  }

  @Test(arguments: [
    ("wrong password", "another password", 403, "wrong_password"),
    (TestCloud.password, "short", 400, "password_too_short"),
    (TestCloud.password, "password99", 400, "password_common"),
  ])
  func `a bad change is refused, and changes nothing`(
    old: String, new: String, status: Int, reason: String
  ) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.change(app, old: old, to: new)
    #expect(answer.status == status)
    #expect(try answer.string("reason") == reason)
    #expect(try await TestBrowser(self.cloud).logIn(Self.owner).status == 303)
  }

  // MARK: Throttling

  @Test func `an attacker elsewhere does not keep a known browser out`() async throws {
    try await self.cloud.openAccount(Self.owner)
    let browser = TestBrowser(self.cloud, address: "198.51.100.7")
    #expect(try await browser.logIn(Self.owner).status == 303)
    for number in 0..<5 {
      let attacker = TestBrowser(self.cloud, address: "203.0.113.\(number)")
      #expect(try await attacker.logIn(Self.owner, password: "").status == 400)
      #expect(try await attacker.logIn(Self.owner, password: "wrong").status == 403)
    }
    let stranger = TestBrowser(self.cloud, address: "198.51.100.7")
    #expect(try await stranger.logIn(Self.owner).status == 429)
    #expect(try await browser.logIn(Self.owner).status == 303)
    // Its mark names no browser of another account.
    try await self.cloud.openAccount("other@example.org")
    #expect(try await browser.logIn("other@example.org").status == 303)
    #expect(browser.cookies.count == 2)
  }

  @Test func `one address opens so many accounts an hour`() async throws {
    let cloud = TestCloud(registrationsPerHour: 2)
    for number in 0..<2 {
      let answer = try await cloud.postJSON(
        "/v1/accounts", #"{"email":"owner\#(number)@b.c","password":"correct horse"}"#)
      #expect(answer.status == 201)
    }
    let refused = try await self.register("correct horse", at: cloud)
    #expect(refused.status == 429)
    #expect(refused.headers[.retryAfter] == "1800")
    #expect(try refused.string("error") == "too_many_requests")
    let elsewhere = try await cloud.request(
      .post, "/v1/accounts", from: RemoteAddress("198.51.100.9"),
      headers: [.contentType: "application/json"],
      body: #"{"email":"\#(Self.owner)","password":"correct horse"}"#)
    #expect(elsewhere.status == 201)
  }

  // MARK: Sessions

  @Test func `an owner sees the account's sessions and ends one`() async throws {
    let phone = try await self.cloud.newOwner()
    self.cloud.clock.advance(seconds: 1)
    let tablet = try await self.cloud.signIn(Self.owner)
    let listed = try await self.cloud.request(.get, "/v1/sessions", token: tablet.access)
    #expect(listed.status == 200)
    guard case .array(let sessions)? = try listed.json["sessions"] else {
      Issue.record("no list: \(listed.text)")
      return
    }
    #expect(sessions.count == 2)
    #expect(sessions.map { $0["current"] } == [.boolean(false), .boolean(true)])
    #expect(sessions.allSatisfy { $0["client_id"] == .string(Array("relink-app".utf8)) })
    guard case .string(let id)? = sessions.first?["id"] else {
      Issue.record("no id: \(listed.text)")
      return
    }
    let session = String(decoding: id, as: UTF8.self)
    let path = "/v1/sessions/" + session

    let other = try await self.cloud.newOwner("other@example.org")
    #expect(try await self.cloud.request(.delete, path, token: other.access).status == 404)
    #expect(try await self.cloud.request(.delete, path, token: tablet.access).status == 204)
    #expect(try await self.cloud.request(.delete, path, token: tablet.access).status == 404)
    #expect(try await self.cloud.request(.get, "/v1/session", token: phone.access).status == 401)
    let refreshed = try await self.cloud.postForm(
      "/oauth/token",
      [
        ("grant_type", "refresh_token"), ("refresh_token", phone.refresh),
        ("client_id", "relink-app"),
      ])
    #expect(refreshed.status == 400)
    #expect(try refreshed.string("reason") == "session_ended")
    let end = try await self.end(of: session)
    #expect(end.endedAs == Self.revoked)
    #expect(end.address == Self.address)
  }

  @Test(arguments: ["x", "00000000-0000-4000-8000-000000000001", "%00", "A".lowercased()])
  func `what is no session of the owner's is not found`(id: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.request(.delete, "/v1/sessions/\(id)", token: app.access)
    #expect(answer.status == 404)
  }
}
