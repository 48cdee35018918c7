import Crypto
import DeviceProtocol
import Foundation
import NIOCore
import NIOHTTP1

/// An owner's app: it registers, logs in as a browser would (authorization code with PKCE), keeps its
/// tokens, and makes pairing tokens.
package actor OwnerApp {
  package nonisolated let email: String
  private let password: String
  private nonisolated let exchange: HTTPExchange
  private static let clientID = "relink-app"
  private static let redirectURI = "http://127.0.0.1/callback"
  private var tokens: Tokens?

  package struct Tokens: Decodable, Sendable {
    package let accessToken: String
    package let refreshToken: String
    package let expiresIn: Int
    package let accountId: String
  }

  /// What one attempt to use a token came to.
  package enum Verdict: Equatable, Sendable {
    case accepted
    case refused(status: Int, error: String, reason: String?)
  }

  package init(email: String, password: String, exchange: HTTPExchange) {
    self.email = email
    self.password = password
    self.exchange = exchange
  }

  /// The tokens that it holds; a test may keep them to use them after they have died.
  package var heldTokens: Tokens? { self.tokens }

  package func register() async throws {
    let answer = try await self.exchange.send(
      .POST, "/v1/accounts", json: ["email": self.email, "password": self.password])
    guard answer.status != 409 else {
      throw LabError(.unexpectedAnswer, "\(self.email) is registered already; only log in")
    }
    guard answer.status == 201 else { throw self.unexpected("registering", answer) }
  }

  /// The whole way: the form, the code, the exchange.
  package func logIn() async throws {
    let verifier = Self.randomText()
    let challenge = Self.base64URL(Array(SHA256.hash(data: Data(verifier.utf8))))
    let state = Self.randomText()
    let parameters = [
      ("response_type", "code"), ("client_id", Self.clientID),
      ("redirect_uri", Self.redirectURI), ("code_challenge", challenge),
      ("code_challenge_method", "S256"), ("state", state),
    ]
    let form = try await self.exchange.send(
      .GET, "/oauth/authorize?" + FormEncoding.text(parameters))
    guard form.status == 200 else { throw self.unexpected("asking for the login form", form) }
    let decision = try await self.exchange.send(
      .POST, "/oauth/authorize",
      form: parameters + [
        ("email", self.email), ("password", self.password), ("decision", "allow"),
      ])
    guard decision.status != 403 else {
      throw LabError(
        .unexpectedAnswer,
        "\(self.email) can't log in: wrong e-mail address or password, or not registered")
    }
    guard decision.status == 303,
      let location = decision.headers.first(name: "Location"),
      let items = URLComponents(string: location)?.queryItems,
      items.first(where: { $0.name == "state" })?.value == state,
      let code = items.first(where: { $0.name == "code" })?.value
    else { throw self.unexpected("logging in", decision) }
    let answer = try await self.exchange.send(
      .POST, "/oauth/token",
      form: [
        ("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", Self.redirectURI), ("client_id", Self.clientID),
        ("code_verifier", verifier),
      ])
    guard answer.status == 200 else { throw self.unexpected("exchanging the code", answer) }
    self.tokens = try answer.decoded(as: Tokens.self, from: "exchanging the code")
  }

  /// Rotates its refresh token.
  package func refresh() async throws -> Verdict {
    let (verdict, tokens) = try await self.present(refreshToken: self.held().refreshToken)
    if let tokens { self.tokens = tokens }
    return verdict
  }

  /// Presents a refresh token without keeping what comes back, as a thief would.
  package nonisolated func present(
    refreshToken: String
  ) async throws -> (verdict: Verdict, tokens: Tokens?) {
    let answer = try await self.exchange.send(
      .POST, "/oauth/token",
      form: [
        ("grant_type", "refresh_token"), ("refresh_token", refreshToken),
        ("client_id", Self.clientID),
      ])
    let tokens =
      answer.status == 200 ? try answer.decoded(as: Tokens.self, from: "refreshing") : nil
    return (Self.verdict(answer), tokens)
  }

  /// Uses an access token.
  package nonisolated func present(accessToken: String, at path: String = "/v1/session")
    async throws -> Verdict
  {
    Self.verdict(try await self.exchange.send(.GET, path, bearer: accessToken))
  }

  /// Uses an access token at each route that an app has.
  ///
  /// - Parameter device: One of the owner's.
  package nonisolated func presentEverywhere(
    accessToken: String, device: String
  ) async throws -> [(route: String, verdict: Verdict)] {
    var verdicts: [(route: String, verdict: Verdict)] = []
    for path in [
      "/v1/session", "/v1/events", "/v1/devices", "/v1/devices/\(device)",
      "/v1/devices/\(device)/motions", "/v1/devices/\(device)/measurements",
    ] {
      verdicts.append((path, try await self.present(accessToken: accessToken, at: path)))
    }
    let token = try await self.exchange.send(
      .POST, "/v1/pairing-tokens", bearer: accessToken, json: ["nickname": "thief"])
    verdicts.append(("/v1/pairing-tokens", Self.verdict(token)))
    let removal = try await self.exchange.send(
      .DELETE, "/v1/devices/\(device)", bearer: accessToken)
    verdicts.append(("DELETE /v1/devices/\(device)", Self.verdict(removal)))
    return verdicts
  }

  package func pairingToken(nickname: String, relinkPolicy: String) async throws -> PairingToken {
    let answer = try await self.authorized(
      .POST, "/v1/pairing-tokens", json: ["nickname": nickname, "relink_policy": relinkPolicy])
    guard answer.status == 201 else { throw self.unexpected("asking for a pairing token", answer) }
    return try answer.decoded(as: PairingToken.self, from: "asking for a pairing token")
  }

  package struct PairingToken: Decodable, Sendable {
    package let pairingToken: String
    package let expiresIn: Int
    package let cloud: String
  }

  package func devices() async throws -> [DeviceStatus] {
    struct List: Decodable { let devices: [DeviceStatus] }
    let answer = try await self.authorized(.GET, "/v1/devices")
    guard answer.status == 200 else { throw self.unexpected("listing the devices", answer) }
    return try answer.decoded(as: List.self, from: "listing the devices").devices
  }

  package func measurements(of device: String) async throws -> [Measurement] {
    struct List: Decodable { let measurements: [Measurement] }
    let answer = try await self.authorized(.GET, "/v1/devices/\(device)/measurements")
    guard answer.status == 200 else { throw self.unexpected("listing the measurements", answer) }
    return try answer.decoded(as: List.self, from: "listing the measurements").measurements
  }

  package struct Measurement: Decodable, Equatable, Sendable {
    package let sequence: UInt32
    package let at: UInt64
    package let weightGrams: Int
    package let impedanceOhms: Int?
    package let fatPermille: Int?
    package let waterPermille: Int?
    package let muscleGrams: Int?
    package let boneGrams: Int?
  }

  package func motions(of device: String) async throws -> [UInt32] {
    struct Motion: Decodable { let sequence: UInt32 }
    struct List: Decodable { let motions: [Motion] }
    let answer = try await self.authorized(.GET, "/v1/devices/\(device)/motions")
    guard answer.status == 200 else { throw self.unexpected("listing the motions", answer) }
    return try answer.decoded(as: List.self, from: "listing the motions").motions.map(\.sequence)
  }

  /// A request with the access token; one that has expired is refreshed once, as apps do.
  private func authorized(
    _ method: HTTPMethod, _ path: String, json: [String: String]? = nil
  ) async throws -> HTTPExchange.Answer {
    let answer = try await self.exchange.send(
      method, path, bearer: try self.held().accessToken, json: json)
    guard answer.status == 401, answer.refusal?.reason == "expired",
      try await self.refresh() == .accepted
    else { return answer }
    return try await self.exchange.send(
      method, path, bearer: try self.held().accessToken, json: json)
  }

  private func held() throws -> Tokens {
    guard let tokens = self.tokens else {
      throw LabError(.unexpectedAnswer, "\(self.email) has not logged in")
    }
    return tokens
  }

  private static func verdict(_ answer: HTTPExchange.Answer) -> Verdict {
    if (200..<300).contains(answer.status) { return .accepted }
    return .refused(
      status: answer.status, error: answer.refusal?.error ?? "", reason: answer.refusal?.reason)
  }

  private nonisolated func unexpected(_ what: String, _ answer: HTTPExchange.Answer) -> LabError {
    // The description is the cloud's; a body that is not an error could hold a token.
    let words = answer.refusal.map { "\($0.error), \($0.errorDescription ?? "")" } ?? "no error"
    return LabError(
      .unexpectedAnswer, "\(self.email): \(what) was answered \(answer.status) (\(words))")
  }

  private static func randomText() -> String {
    Self.base64URL((0..<32).map { _ in UInt8.random(in: .min ... .max) })
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    String(decoding: Base64URL.encode(bytes), as: UTF8.self)
  }
}
