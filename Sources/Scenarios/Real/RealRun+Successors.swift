import CloudCore
import DeviceProtocol
import Simulation

/// Rule 2: a refresh token has at most one successor. What a device was answered tells how often
/// its session should have rotated.
extension RealRun {
  /// Done before each logout, for it ends the sessions, and in the end.
  func judgeSuccessors() async throws {
    guard !self.expected.cloudWasRestored else { return }
    var devices: [String] = []
    var seen: [String] = []
    for (nickname, status) in try await self.statuses()
    where status.session == "live" && status.online && !self.expected.robbed.contains(nickname)
      && self.policy(of: nickname).rotation.countsRotations
    {
      devices.append(nickname)
      if let what = try await self.surplusRotation(of: nickname) {
        seen.append("\(nickname): \(what)")
      }
    }
    guard !devices.isEmpty else { return }
    self.judge(
      "each refresh of \(devices.inWords) gave one successor, not two", rule: 2,
      holds: seen.isEmpty, else: seen.joined(separator: "; "))
  }

  private func surplusRotation(of nickname: String) async throws -> String? {
    let journal = try await self.lab.device(nickname).journal
    // Journal and cloud agree while no refresh is under way.
    for _ in 0..<25 {
      let before = await Array(journal.entries())
      let status = try await self.statuses().first { $0.nickname == nickname }?.status
      try await Task.sleep(for: .milliseconds(50))
      let after = await Array(journal.entries()).refreshCount
      guard let status, status.session == "live", before.isSettled, after == before.refreshCount
      else {
        try await Task.sleep(for: .milliseconds(150))
        continue
      }
      let session = before.drop(until: \.beginsSession)
      let answers = session.filter { $0.isRequest("refresh", outcome: "ok") }.count
      // An answer may have been given twice: it was lost in a power cut before it was in flash.
      let cuts = session.filter { $0.event == "booted" }.count
      let rotations = Int(clamping: status.generation ?? 0) - 1
      return (answers - cuts...answers).contains(rotations)
        ? nil
        : "\(answers) answers with status 200 and \(cuts) boots, but \(rotations) rotations"
    }
    return "it never stopped refreshing"
  }
}

extension RealRun {
  /// Of a device's tokens.
  func policy(of nickname: String) -> TokenPolicy {
    let kind = self.scenario.devices.first { $0.nickname == nickname }?.kind ?? .camera
    return self.scenario.cloud.policy(of: kind == .camera ? .camera : .scale)
  }
}

extension RotationPolicy {
  /// Whether a session's count of rotations grows by one with each token that was used.
  fileprivate var countsRotations: Bool { self != .reusable }

  /// Whether an honest client outlives each lost response (rule 3).
  var keepsClientsThroughLostResponses: Bool {
    switch self {
    case .idempotent, .retireOnUse, .reusable: true
    case .strict, .grace: false
    }
  }

  /// Whether several refreshes with one token at once may have several successors, of which one is
  /// live (rule 2).
  var mayGiveSeveralSuccessors: Bool {
    if case .grace = self { true } else { false }
  }
}

extension [JournalEntry] {
  fileprivate var refreshCount: Int {
    self.filter { $0.event == "request" && $0.text("name") == "refresh" }.count
  }

  /// Whether the last refresh, if there is any, was answered with tokens.
  fileprivate var isSettled: Bool {
    let last = self.last { $0.beginsSession || $0.text("name") == "refresh" }
    return last.map { $0.text("outcome") == "ok" } ?? false
  }

  /// What comes after the last that matches.
  fileprivate func drop(until matches: (JournalEntry) -> Bool) -> ArraySlice<JournalEntry> {
    self.lastIndex(where: matches).map { self[($0 + 1)...] } ?? self[...]
  }
}
