import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct SecondFactorRouteTests {
  private let cloud = TestCloud()
  private static let owner = "owner@example.org"

  @Test func `the code is asked for after the password, and logs in`() async throws {
    let app = try await self.cloud.newOwner()
    let (authenticator, _) = try await self.cloud.protect(app)
    let browser = TestBrowser(self.cloud)
    let asked = try await browser.logIn(Self.owner)
    #expect(asked.status == 200)
    #expect(asked.headers[.location] == nil)
    #expect(asked.text.contains(#"autocomplete="one-time-code""#))
    #expect(!asked.text.contains(#"name="password""#))
    let wrong = try await browser.show(code: "000000")
    #expect(wrong.status == 403)
    #expect(wrong.text.contains(#"role="alert""#))
    let answer = try await browser.show(code: authenticator.nextCode())
    #expect(answer.status == 303)
    let tokens = try await browser.tokens(answer)
    #expect(try await self.cloud.request(.get, "/v1/session", token: tokens.access).status == 200)
    #expect(browser.cookies["__Host-relink-login"] == nil)
    #expect(browser.cookies.keys.contains { $0.hasPrefix("__Host-relink-browser-") })
  }

  @Test func `without the cookie, or with another's page, the password is asked for again`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let (authenticator, _) = try await self.cloud.protect(app)
    let browser = TestBrowser(self.cloud)
    _ = try await browser.logIn(Self.owner)
    let page = browser.hidden

    let stranger = TestBrowser(self.cloud)
    _ = try await stranger.logIn(Self.owner)
    stranger.forget("__Host-relink-login")
    let code = authenticator.nextCode()
    let refused = try await stranger.show(code: code)
    #expect(refused.status == 403)
    #expect(refused.text.contains(#"name="password""#))

    // The page of one browser in another that has a cookie of its own.
    let thief = TestBrowser(self.cloud)
    _ = try await thief.logIn(Self.owner)
    let login = try #require(page.first { $0.0 == "login" })
    let stolen = try await thief.post([("code", code)], replacing: login)
    #expect(stolen.status == 403)
    #expect(stolen.text.contains(#"name="password""#))
    #expect(try await browser.show(code: code).status == 303)
  }

  @Test func `each login has a cookie of its own`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.protect(app)
    let browser = TestBrowser(self.cloud)
    _ = try await browser.logIn(Self.owner)
    let first = browser.cookies["__Host-relink-login"]
    _ = try await browser.logIn(Self.owner)
    #expect(first != nil)
    #expect(browser.cookies["__Host-relink-login"] != first)
  }

  @Test func `a throttled attacker does not learn whether the password was right`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.protect(app)
    let attacker = TestBrowser(self.cloud, address: "203.0.113.1")
    for _ in 0..<5 {
      #expect(try await attacker.logIn(Self.owner, password: "wrong").status == 403)
    }
    let wrong = try await attacker.logIn(Self.owner, password: "wrong")
    let right = try await attacker.logIn(Self.owner)
    #expect(wrong.status == 429)
    #expect(right.status == 429)
    #expect(wrong.text == right.text)
    #expect(right.headers[values: .setCookie].isEmpty)
  }

  @Test func `a recovery code logs in, and the account says how many are left`() async throws {
    let app = try await self.cloud.newOwner()
    let (_, recovery) = try await self.cloud.protect(app)
    #expect(recovery.count == 10)
    let browser = TestBrowser(self.cloud)
    _ = try await browser.logIn(Self.owner)
    let answer = try await browser.show(code: recovery[0])
    #expect(answer.status == 303)
    let account = try await self.cloud.request(.get, "/v1/account", token: app.access)
    #expect(try account.string("second_factor") == "active")
    #expect(try account.json["recovery_codes_left"] == .integer(9))
    #expect(try account.string("email") == Self.owner)
  }

  @Test func `new recovery codes and disabling need a code`() async throws {
    let app = try await self.cloud.newOwner()
    let (authenticator, recovery) = try await self.cloud.protect(app)
    func post(_ path: String, _ code: String) async throws -> Answer {
      try await self.cloud.postJSON(
        "/v1/account/\(path)", #"{"code":"\#(code)"}"#, token: app.access)
    }
    for path in ["recovery-codes", "totp/disable"] {
      let refused = try await post(path, "123456")
      #expect(refused.status == 403)
      #expect(try refused.string("error") == "access_denied")
      #expect(try refused.string("reason") == "wrong_code")
    }
    let renewed = try await post("recovery-codes", authenticator.nextCode())
    #expect(renewed.status == 200)
    let codes = try TestCloud.recoveryCodes(renewed)
    #expect(codes.count == 10)
    #expect(Set(codes).isDisjoint(with: recovery))
    #expect(try await post("totp/disable", codes[9]).status == 204)
    #expect(try await TestBrowser(self.cloud).logIn(Self.owner).status == 303)
    #expect(try await post("totp/disable", codes[8]).status == 409)
  }

  @Test func `enrolment needs the password, and is done once`() async throws {
    let app = try await self.cloud.newOwner()
    let refused = try await self.cloud.postJSON(
      "/v1/account/totp", #"{"password":"wrong password"}"#, token: app.access)
    #expect(refused.status == 403)
    #expect(try refused.string("reason") == "wrong_password")
    let early = try await self.cloud.postJSON(
      "/v1/account/totp/confirm", #"{"code":"123456"}"#, token: app.access)
    #expect(early.status == 409)
    _ = try await self.cloud.protect(app)
    let again = try await self.cloud.postJSON(
      "/v1/account/totp", #"{"password":"\#(TestCloud.password)"}"#, token: app.access)
    #expect(again.status == 409)
  }

  @Test func `an app's wrong passwords are throttled`() async throws {
    let app = try await self.cloud.newOwner()
    func enrol() async throws -> Answer {
      try await self.cloud.postJSON(
        "/v1/account/totp", #"{"password":"x"}"#, token: app.access)
    }
    for _ in 0..<5 { #expect(try await enrol().status == 403) }
    let answer = try await enrol()
    #expect(answer.status == 429)
    #expect(answer.headers[.retryAfter] == "1")
    // Logging in is another matter.
    #expect(try await TestBrowser(self.cloud).logIn(Self.owner).status == 303)
  }

  @Test(arguments: [
    ("/v1/account/totp", "{}"), ("/v1/account/totp", #"{"password":1}"#),
    ("/v1/account/totp/confirm", #"{"code":123456}"#), ("/v1/account/totp/disable", "[]"),
    ("/v1/account/recovery-codes", #"{"code":"123456","more":1}"#),
    ("/v1/account/password", #"{"old_password":"x"}"#),
  ])
  func `a bad body is refused`(path: String, body: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.postJSON(path, body, token: app.access)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test func `a code that is missing is asked for`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.protect(app)
    let browser = TestBrowser(self.cloud)
    _ = try await browser.logIn(Self.owner)
    #expect(try await browser.show(code: "").status == 400)
  }
}
