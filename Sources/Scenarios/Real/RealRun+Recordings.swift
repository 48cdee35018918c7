import DeviceProtocol
import Simulation

extension RealRun {
  /// The sequences of what its owner sees of it.
  func recordings(of nickname: String, status: DeviceStatus?) async throws -> [UInt32] {
    guard let status, let owner = status.accountEmail else { return [] }
    let app = try await self.lab.app(of: owner)
    return try self.specification(of: nickname).kind == .scale
      ? try await app.measurements(of: status.id).map(\.sequence)
      : try await app.motions(of: status.id)
  }

  /// Owners open the app and look at what their devices recorded.
  func look(_ owners: OwnerSelection) async throws {
    let emails = self.scenario.emails(of: owners)
    for (nickname, status) in try await self.statuses() {
      guard let owner = status.accountEmail, emails.contains(owner),
        try await self.lab.app(of: owner).isLoggedIn()
      else { continue }
      _ = try await self.recordings(of: nickname, status: status)
    }
  }

  /// What its owner should see and does not, or the other way round; nil if all is there once.
  func whatIsNotRecorded(of nickname: String, status: DeviceStatus?) async throws -> String? {
    let sequences = try await self.recordings(of: nickname, status: status)
    let expected = self.expected.recordings(of: nickname, for: status?.accountEmail ?? "")
    guard Set(sequences).count == sequences.count else {
      return "has recordings twice: \(sequences)"
    }
    guard sequences.count != expected else { return nil }
    return "was used \(expected) times and has the recordings \(sequences)"
  }

  /// Exactly once, what was recorded for whom the device still belongs to: rule 8.
  func judgeRecordings() async throws {
    let clock = ContinuousClock()
    let started = clock.now
    var seen: [String] = []
    // The last ones may still be on their way.
    repeat {
      seen = []
      for (nickname, status) in try await self.statuses() {
        guard let owner = status.accountEmail,
          try await self.lab.app(of: owner).isLoggedIn(),
          let what = try await self.whatIsNotRecorded(of: nickname, status: status),
          try await self.isWrong(of: nickname, status: status, owner: owner)
        else { continue }
        seen.append("\(nickname) \(what)")
      }
      if !seen.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
    } while !seen.isEmpty && clock.now - started < .seconds(10)
    self.judge(
      "what the devices were used for is in the cloud exactly once", rule: 8, holds: seen.isEmpty,
      else: seen.joined(separator: ", "))
  }

  /// Too many always are; too few only of a device that could deliver, without those that a power
  /// cut may have taken.
  private func isWrong(
    of nickname: String, status: DeviceStatus, owner: String
  ) async throws -> Bool {
    let sequences = try await self.recordings(of: nickname, status: status)
    let expected = self.expected.recordings(of: nickname, for: owner)
    if Set(sequences).count != sequences.count || sequences.count > expected { return true }
    guard status.online, status.session == "live", !self.expected.cloudWasRestored else {
      return false
    }
    return sequences.count < expected - self.expected.perhapsLost[nickname, default: 0]
  }
}
