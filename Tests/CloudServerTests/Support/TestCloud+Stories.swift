import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What most tests begin with.
extension TestCloud {
  struct Tokens: Sendable {
    let access: String
    let refresh: String
    let account: String
    let device: String?
  }

  static let password = CloudFixture.password.text

  /// Opens an account with `password`, whose hash is cheap to check.
  func openAccount(_ email: String) async throws {
    let address = try #require(EmailAddress(email))
    _ = try await self.service.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.register(
        email: address, passwordHash: CloudFixture.passwordHash, in: transaction, at: now,
        random: &random)
    }
  }

  /// The query of an authorization request that a correct app would make.
  static let authorizationFields = [
    ("response_type", "code"), ("client_id", "relink-app"),
    ("redirect_uri", CloudFixture.redirectURI), ("state", "a state"),
    ("code_challenge", CloudFixture.codeChallenge), ("code_challenge_method", "S256"),
  ]

  func decide(
    email: String, password: String = TestCloud.password, decision: String = "allow"
  ) async throws -> Answer {
    try await self.postForm(
      "/oauth/authorize",
      Self.authorizationFields + [
        ("email", email), ("password", password), ("decision", decision),
      ])
  }

  func exchange(code: String) async throws -> Answer {
    try await self.postForm(
      "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", CloudFixture.redirectURI), ("client_id", "relink-app"),
        ("code_verifier", CloudFixture.codeVerifier.text),
      ])
  }

  /// Logs an owner's app in; the account must be there.
  func signIn(_ email: String) async throws -> Tokens {
    let location = try #require(try await self.decide(email: email).headers[.location])
    let items = try #require(URLComponents(string: location)?.queryItems)
    let code = try #require(items.first { $0.name == "code" }?.value)
    return try await Self.tokens(self.exchange(code: code))
  }

  /// A new owner with a logged-in app.
  func newOwner(_ email: String = "owner@example.org") async throws -> Tokens {
    try await self.openAccount(email)
    return try await self.signIn(email)
  }

  func pairingToken(of app: Tokens, body: String = "{}") async throws -> String {
    let answer = try await self.postJSON("/v1/pairing-tokens", body, token: app.access)
    return try #require(try answer.string("pairing_token"))
  }

  func pair(
    _ certificate: DeviceCertificate, with pairingToken: String, clientID: String = "relink-camera"
  ) async throws -> Answer {
    try await self.postForm(
      "/oauth/token",
      [
        ("grant_type", "urn:relink:params:oauth:grant-type:pairing"),
        ("pairing_token", pairingToken), ("client_id", clientID), ("model", "cam-1"),
        ("firmware_version", "1.0.0"),
      ], peer: certificate)
  }

  /// A device of this owner's, paired.
  func pairedDevice(
    _ number: UInt8, of app: Tokens, clientID: String = "relink-camera",
    pairingBody: String = "{}"
  ) async throws -> Tokens {
    let token = try await self.pairingToken(of: app, body: pairingBody)
    return try await Self.tokens(
      self.pair(CloudFixture.certificate(number), with: token, clientID: clientID))
  }

  func refresh(
    _ token: String, clientID: String = "relink-app", peer: DeviceCertificate? = nil
  ) async throws -> Answer {
    try await self.postForm(
      "/oauth/token",
      [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", clientID)],
      peer: peer)
  }

  static func tokens(_ answer: Answer) throws -> Tokens {
    // Read by the devices' codec.
    let response = try TokenResponse(parsing: Array(answer.text.utf8))
    return Tokens(
      access: String(decoding: response.accessToken, as: UTF8.self),
      refresh: String(decoding: response.refreshToken, as: UTF8.self),
      account: String(decoding: try #require(response.accountID), as: UTF8.self),
      device: response.deviceID.map { String(decoding: $0, as: UTF8.self) })
  }
}
