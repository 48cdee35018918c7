import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import Testing

@testable import CloudServer

/// A browser at the authorization page: it keeps cookies, and posts the form that it was shown.
final class TestBrowser {
  let cloud: TestCloud
  let address: RemoteAddress
  private(set) var cookies: [String: String] = [:]
  /// The hidden fields of the last page.
  private(set) var hidden: [(String, String)] = TestCloud.authorizationFields

  init(_ cloud: TestCloud, address: String = "198.51.100.1") {
    self.cloud = cloud
    self.address = RemoteAddress(address)
  }

  func forget(_ cookie: String) { self.cookies[cookie] = nil }

  func logIn(_ email: String, password: String = TestCloud.password) async throws -> Answer {
    self.hidden = TestCloud.authorizationFields
    return try await self.post([("email", email), ("password", password)])
  }

  func show(code: String) async throws -> Answer { try await self.post([("code", code)]) }

  func post(
    _ fields: [(String, String)], replacing stolen: (String, String)
  ) async throws -> Answer {
    self.hidden = self.hidden.filter { $0.0 != stolen.0 } + [stolen]
    return try await self.post(fields)
  }

  func post(_ fields: [(String, String)]) async throws -> Answer {
    var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    if !self.cookies.isEmpty {
      headers[.cookie] = self.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
    }
    let form = FormEncoding.encode(
      (self.hidden + fields + [("decision", "allow")]).map {
        FormField(name: Array($0.0.utf8), value: Array($0.1.utf8))
      })
    let answer = try await self.cloud.request(
      .post, "/oauth/authorize", from: self.address, headers: headers,
      body: String(decoding: form, as: UTF8.self))
    for field in answer.headers[values: .setCookie] { try self.keep(field) }
    let inputs = answer.text.matches(
      of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/)
    if !inputs.isEmpty { self.hidden = inputs.map { (String($0.1), String($0.2)) } }
    return answer
  }

  private func keep(_ field: String) throws {
    let parts = field.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    let pair = try #require(parts.first).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(pair[0])
    // What the prefix demands, and what keeps scripts and other sites away.
    #expect(name.hasPrefix("__Host-relink-"))
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
      #expect(parts.contains(attribute), "\(name): \(attribute)")
    }
    self.cookies[name] = parts.contains("Max-Age=0") ? nil : String(pair[1])
  }

  /// The app's tokens, of an answer that leads back to it.
  func tokens(_ answer: Answer) async throws -> TestCloud.Tokens {
    let location = try #require(answer.headers[.location])
    let items = try #require(URLComponents(string: location)?.queryItems)
    let code = try #require(items.first { $0.name == "code" }?.value)
    return try await TestCloud.tokens(self.cloud.exchange(code: code))
  }
}

/// An authenticator app.
struct TestAuthenticator {
  let password: OneTimePassword
  let clock: TestClock

  init(_ secret: String, clock: TestClock) throws {
    self.password = OneTimePassword(secret: try #require(Base32.decode(secret.utf8)))
    self.clock = clock
  }

  /// The present code, after the clock has moved on to a step that no code was used of.
  func nextCode() -> String {
    self.clock.advance(seconds: 60)
    return self.code
  }

  var code: String {
    self.password.code(counter: OneTimePassword.step(at: self.clock.now))
  }
}

extension TestCloud {
  /// Switches an app's owner's second factor on.
  func protect(
    _ app: Tokens
  ) async throws -> (authenticator: TestAuthenticator, recoveryCodes: [String]) {
    let enrolled = try await self.postJSON(
      "/v1/account/totp", #"{"password":"\#(TestCloud.password)"}"#, token: app.access)
    try #require(enrolled.status == 201)
    let secret = try #require(try enrolled.string("secret"))
    #expect(try enrolled.string("uri")?.hasPrefix("otpauth://totp/Relink:") == true)
    let authenticator = try TestAuthenticator(secret, clock: self.clock)
    let confirmed = try await self.postJSON(
      "/v1/account/totp/confirm", #"{"code":"\#(authenticator.code)"}"#, token: app.access)
    try #require(confirmed.status == 200)
    return (authenticator, try Self.recoveryCodes(confirmed))
  }

  static func recoveryCodes(_ answer: Answer) throws -> [String] {
    guard case .array(let codes)? = try answer.json["recovery_codes"] else { return [] }
    return codes.compactMap {
      guard case .string(let bytes) = $0 else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
