package import CloudCore
import Crypto
import DeviceProtocol
import Foundation
import NIOCore
import NIOHTTP1
package import Simulation

/// An owner's app: it registers, logs in as a browser would (authorization code with PKCE), keeps its
/// tokens, and makes pairing tokens.
package actor OwnerApp {
  package nonisolated let email: String
  let password: String
  nonisolated let exchange: HTTPExchange
  private static let clientID = "relink-app"
  private static let redirectURI = "http://127.0.0.1/callback"
  private var tokens: Tokens?
  /// All that it did, for claims about counts.
  private(set) package var counted: [Claim.Counter] = []
  /// Every token that it ever held or was shown, for the search for secrets.
  private(set) package var everyToken: Set<String> = []
  /// Whether it has been told that the tokens that it holds are dead.
  private var isToldDead = false

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

  ///
  /// - Parameter region: Of the account; the cloud's default when nil.
  package func register(in region: Region? = nil) async throws {
    var body = ["email": self.email, "password": self.password]
    body["region"] = region?.text
    let answer = try await self.exchange.send(.POST, "/v1/accounts", json: body)
    guard answer.status != 409 else {
      throw LabError(.unexpectedAnswer, "\(self.email) is registered already; only log in")
    }
    guard answer.status == 201 else { throw self.unexpected("registering", answer) }
  }

  /// The whole way: the form, the code, the exchange.
  ///
  /// - Parameter secondFactor: Asked for a code of the second factor if the account has one.
  package func logIn(
    secondFactor: (@Sendable () async throws -> String)? = nil
  ) async throws {
    self.counted.append(.requests)
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
    var decision = try await self.exchange.send(
      .POST, "/oauth/authorize",
      form: parameters + [
        ("email", self.email), ("password", self.password), ("decision", "allow"),
      ])
    if let step = SecondFactorStep(decision) {
      decision = try await self.show(
        try await secondFactor?(), in: step, parameters: parameters)
    }
    guard decision.status != 403 else {
      throw LabError(
        .unexpectedAnswer,
        "\(self.email) can't log in: wrong e-mail address or password, or not registered")
    }
    guard decision.status != 429 else { throw self.throttled(decision) }
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
    self.keep(try answer.decoded(as: Tokens.self, from: "exchanging the code"))
    self.counted.append(.logins)
  }

  /// Rotates its refresh token.
  ///
  /// - Parameter counts: Whether claims about this app's requests count it.
  package func refresh(counts: Bool = true) async throws -> Verdict {
    try await self.refresh(atOnce: 1, counts: counts).first?.verdict ?? .accepted
  }

  /// Presents its refresh token so many times at once, and keeps what came back.
  package func refresh(
    atOnce: Int, counts: Bool = true
  ) async throws -> [(verdict: Verdict, tokens: Tokens?)] {
    let held = try self.held().refreshToken
    let answers = try await self.present(refreshToken: held, atOnce: atOnce)
    for answer in answers {
      if let tokens = answer.tokens { self.keep(tokens) }
      guard counts else { continue }
      self.counted += [.requests, answer.tokens == nil ? .failedRefreshes : .refreshes]
      if answer.tokens == nil { self.noticed(answer.verdict) }
    }
    return answers
  }

  /// Presents a refresh token so many times at once, as a thief would.
  package nonisolated func present(
    refreshToken: String, atOnce: Int
  ) async throws -> [(verdict: Verdict, tokens: Tokens?)] {
    try await withThrowingTaskGroup(of: (Verdict, Tokens?).self) { group in
      for _ in 0..<atOnce {
        group.addTask { try await self.present(refreshToken: refreshToken) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// Whether the cloud still takes its tokens.
  package func isLoggedIn() async throws -> Bool {
    guard let tokens = self.tokens else { return false }
    let verdict = try await self.present(accessToken: tokens.accessToken)
    if case .refused(_, _, "expired") = verdict {
      return try await self.refresh(counts: false) == .accepted
    }
    return verdict == .accepted
  }

  /// The id of its session; nil when the cloud takes its tokens no more.
  package func sessionID() async throws -> String? {
    struct Session: Decodable { let sessionId: String }
    guard try await self.isLoggedIn() else { return nil }
    let answer = try await self.exchange.send(
      .GET, "/v1/session", bearer: try self.held().accessToken)
    return try? answer.decoded(as: Session.self, from: "its session").sessionId
  }

  /// Revokes its session (RFC 7009) and forgets its tokens.
  package func signOut() async throws {
    self.counted.append(.requests)
    let answer = try await self.exchange.send(
      .POST, "/oauth/revoke",
      form: [("token", try self.held().refreshToken), ("client_id", Self.clientID)])
    guard answer.status == 200 else { throw self.unexpected("signing out", answer) }
    self.tokens = nil
    self.counted.append(.logouts)
  }

  /// Removes one of its devices.
  package func remove(device: String) async throws {
    let answer = try await self.authorized(.DELETE, "/v1/devices/\(device)", counts: true)
    guard answer.status == 204 else { throw self.unexpected("removing a device", answer) }
  }

  private func keep(_ tokens: Tokens) {
    self.tokens = tokens
    self.isToldDead = false
    self.everyToken.formUnion([tokens.accessToken, tokens.refreshToken])
  }

  private func noticed(_ verdict: Verdict) {
    guard case .refused(_, _, let reason?) = verdict, reason != "expired" else { return }
    self.counted.append(.deadTokenRequests)
    if reason == "replayed" { self.counted.append(.replays) }
    if !self.isToldDead { self.counted.append(.logouts) }
    self.isToldDead = true
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

  /// - Parameter relinkPolicy: Of the device that will use it; the cloud's default when nil.
  package func pairingToken(
    nickname: String, relinkPolicy: RelinkPolicy?
  ) async throws -> PairingToken {
    var body = ["nickname": nickname]
    body["relink_policy"] = relinkPolicy?.rawValue
    let answer = try await self.authorized(.POST, "/v1/pairing-tokens", json: body, counts: true)
    guard answer.status == 201 else { throw self.unexpected("asking for a pairing token", answer) }
    let token = try answer.decoded(as: PairingToken.self, from: "asking for a pairing token")
    self.everyToken.insert(token.pairingToken)
    return token
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
  func authorized(
    _ method: HTTPMethod, _ path: String, json: (any Encodable & Sendable)? = nil,
    counts: Bool = false
  ) async throws -> HTTPExchange.Answer {
    if counts { self.counted.append(.requests) }
    let answer = try await self.exchange.send(
      method, path, bearer: try self.held().accessToken, json: json)
    guard answer.status == 401 else { return answer }
    guard answer.refusal?.reason == "expired", try await self.refresh(counts: counts) == .accepted
    else {
      if counts { self.noticed(Self.verdict(answer)) }
      return answer
    }
    if counts { self.counted.append(.requests) }
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

  nonisolated func unexpected(_ what: String, _ answer: HTTPExchange.Answer) -> LabError {
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
