import AsyncHTTPClient
import CloudCore
import CloudServer
import DeviceProtocol
import Foundation
import TestSupport

/// Scenes of a client and a cloud, and what was said in them.
///
/// A token or an id is told by a name that it keeps within its scene; times are those of the
/// cloud's clock since the scene's login.
final class Transcript {
  private let cloud: RunningCloud
  private let http: HTTPClient
  private let clock: TestClock
  private let email: String
  private(set) var text: String

  private var names: [String: String] = [:]
  private var counts: [String: Int] = [:]
  private var sceneStart: UInt64 = 0

  init(cloud: RunningCloud, http: HTTPClient, clock: TestClock, email: String, heading: String) {
    self.cloud = cloud
    self.http = http
    self.clock = clock
    self.email = email
    self.text = heading
  }

  /// What a client holds.
  struct Held: Sendable {
    let refresh: String
    let access: String
  }

  // MARK: What is said

  func scene(_ title: String) {
    self.text += "\n## \(title)\n"
    self.names = [:]
    self.counts = [:]
    self.sceneStart = self.clock.now.value
  }

  func note(_ text: String) { self.text += "\n\(self.time)  # \(text)\n" }

  func wait(milliseconds: UInt64) { self.clock.advance(milliseconds: milliseconds) }

  func logIn() async throws -> Held {
    let tokens = try await self.cloud.signIn(self.email, on: self.http)
    let held = Held(refresh: tokens.refreshText, access: tokens.accessText)
    self.note(
      "a login: \(self.name(held.refresh, "refresh token")), \(self.name(held.access, "access token"))"
    )
    return held
  }

  /// - Parameter isWritten: Whether the transcript has it.
  /// - Returns: What was given; nil for a refusal.
  @discardableResult
  func refresh(_ token: String, isWritten: Bool = true) async throws -> Held? {
    let reply = try await self.cloud.refresh(token, clientID: "relink-app", on: self.http)
    if isWritten {
      self.exchange(
        "POST /oauth/token",
        "grant_type=refresh_token&refresh_token=\(token)&client_id=relink-app", reply)
    }
    guard reply.status == 200 else { return nil }
    let tokens = try TokenResponse(parsing: Array(reply.text.utf8))
    return Held(refresh: tokens.refreshText, access: tokens.accessText)
  }

  func use(_ held: Held) async throws {
    let reply = try await self.http.send(
      "GET", self.cloud.origin + "/v1/session", token: held.access)
    self.exchange("GET /v1/session", "Authorization: Bearer \(held.access)", reply)
  }

  // MARK: How it is written

  private var time: String {
    let elapsed = self.clock.now.value - self.sceneStart
    let (seconds, milliseconds) = elapsed.quotientAndRemainder(dividingBy: 1_000)
    let fraction = String(milliseconds + 1_000).dropFirst()
    return "+\(seconds).\(fraction) s"
  }

  private func exchange(_ request: String, _ content: String, _ reply: Reply) {
    for (member, kind) in [
      ("refresh_token", "refresh token"), ("access_token", "access token"),
      ("account_id", "account"), ("session_id", "session"),
    ] {
      if let value = Self.string(member, in: reply.text) { _ = self.name(value, kind) }
    }
    var lines = "\(content)\n\(reply.status)"
    if let challenge = reply.headers["www-authenticate"] {
      lines += "\nWWW-Authenticate: \(challenge)"
    }
    lines += "\n\(reply.text)"
    for (value, name) in self.names { lines = lines.replacing(value, with: name) }
    self.text += "\n\(self.time)  \(request)\n"
    for line in lines.split(separator: "\n") { self.text += "    \(line)\n" }
  }

  private func name(_ value: String, _ kind: String) -> String {
    if let name = self.names[value] { return name }
    let number = self.counts[kind, default: 0] + 1
    self.counts[kind] = number
    self.names[value] = "[\(kind) \(number)]"
    return "[\(kind) \(number)]"
  }

  private static func string(_ member: String, in json: String) -> String? {
    let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    return object?[member] as? String
  }
}
