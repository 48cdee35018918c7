import Foundation
import NIOHTTP1

/// What an owner does with the account itself.
extension OwnerApp {
  package struct AccountStatus: Codable, Sendable {
    package let accountId: String
    package let email: String
    package let createdAt: UInt64
    /// `none`, `unconfirmed` or `active`.
    package let secondFactor: String
    package let recoveryCodesLeft: Int
  }

  package struct Session: Codable, Sendable {
    package let id: String
    package let kind: String
    package let clientId: String
    package let deviceId: String?
    package let nickname: String?
    package let createdAt: UInt64
    package let lastUsedAt: UInt64
    package let current: Bool
  }

  package struct Enrolment: Codable, Sendable {
    package let secret: String
    package let uri: String
  }

  package func account() async throws -> AccountStatus {
    try await self.ask(.GET, "/v1/account", for: "showing the account")
  }

  package func sessions() async throws -> [Session] {
    struct List: Decodable { let sessions: [Session] }
    let list: List = try await self.ask(.GET, "/v1/sessions", for: "listing the sessions")
    return list.sessions
  }

  package func end(session: String) async throws {
    guard session.utf8.allSatisfy(\.isOfUUID) else {
      throw LabError(.unexpectedAnswer, "'\(session)' is not the id of a session")
    }
    try await self.tell(.DELETE, "/v1/sessions/\(session)", for: "ending the session")
  }

  /// - Returns: How many other sessions were ended.
  package func changePassword(
    to password: String, endsOthers: Bool
  ) async throws -> Int {
    struct Change: Encodable {
      let oldPassword: String
      let newPassword: String
      let endOtherSessions: Bool
    }
    struct Changed: Decodable { let endedSessions: Int }
    let changed: Changed = try await self.ask(
      .POST, "/v1/account/password",
      json: Change(
        oldPassword: self.password, newPassword: password, endOtherSessions: endsOthers),
      for: "changing the password")
    return changed.endedSessions
  }

  package func enrolSecondFactor() async throws -> Enrolment {
    try await self.ask(
      .POST, "/v1/account/totp", json: ["password": self.password],
      for: "enrolling a second factor")
  }

  /// - Returns: The recovery codes.
  package func confirmSecondFactor(code: String) async throws -> [String] {
    try await self.recoveryCodes(
      "/v1/account/totp/confirm", code: code, for: "confirming the second factor")
  }

  package func renewRecoveryCodes(code: String) async throws -> [String] {
    try await self.recoveryCodes(
      "/v1/account/recovery-codes", code: code, for: "making recovery codes")
  }

  package func disableSecondFactor(code: String) async throws {
    try await self.tell(
      .POST, "/v1/account/totp/disable", json: ["code": code],
      for: "disabling the second factor")
  }

  private func recoveryCodes(
    _ path: String, code: String, for what: String
  ) async throws -> [String] {
    struct Codes: Decodable { let recoveryCodes: [String] }
    let codes: Codes = try await self.ask(.POST, path, json: ["code": code], for: what)
    return codes.recoveryCodes
  }

  private func ask<Body: Decodable>(
    _ method: HTTPMethod, _ path: String, json: (any Encodable & Sendable)? = nil, for what: String
  ) async throws -> Body {
    try await self.tell(method, path, json: json, for: what).decoded(as: Body.self, from: what)
  }

  @discardableResult
  private func tell(
    _ method: HTTPMethod, _ path: String, json: (any Encodable & Sendable)? = nil, for what: String
  ) async throws -> HTTPExchange.Answer {
    let answer = try await self.authorized(method, path, json: json)
    guard answer.status != 429 else { throw self.throttled(answer) }
    guard (200..<300).contains(answer.status) else { throw self.unexpected(what, answer) }
    return answer
  }
}

extension UInt8 {
  fileprivate var isOfUUID: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
