import CloudCore
import Simulation

extension RealRun {
  /// Removes all faults; networks, power and cloud are on again, everybody in reach.
  func heal() async throws {
    try await self.lab.startCloudAgain()
    try await self.tellFaults()
    try await self.lab.admin().removeFaults()
    self.faults = []
    self.world.heal()
    for nickname in self.scenario.devices.map(\.nickname) {
      _ = try await self.lab.device(nickname).world.send(.power)
    }
    try await self.showAirToAll()
    self.note("faults are removed; networks, power and cloud are on")
  }

  private func tellFaults() async throws {
    let known = try await self.lab.admin().faults()
    for placed in self.faults {
      // A cloud that was started again has forgotten it.
      guard let fired = known.first(where: { $0.id == placed.id })?.fired else { continue }
      self.judge(
        Verdict(
          line: placed.line, claim: "the fault strikes", failure: fired > 0 ? nil : "it never did"))
    }
  }

  func cloud(_ action: Action.CloudAction) async throws {
    switch action {
    case .stop:
      await self.lab.stopCloud()
      self.note("the cloud has stopped")
    case .start:
      try await self.lab.startCloudAgain()
    case .crash:
      try await self.lab.killAndRestartCloud()
      self.note("the cloud was killed, and runs again")
    case .backUp:
      try await self.lab.backUpCloud()
      self.note("the cloud's data is backed up")
    case .restore:
      try await self.lab.restoreCloud()
      self.note("the cloud's data is that of the backup")
      self.expected.cloudWasRestored = true
      _ = try await self.lab.admin().logOut(
        LogoutRequest(scope: "everyone", reason: "restored from a backup"))
      self.allowLogout(of: Set(self.scenario.devices.map(\.nickname)))
    }
  }

  func logIn(_ owners: OwnerSelection) async throws {
    for email in self.scenario.emails(of: owners) {
      try await self.lab.app(of: email).logIn()
      self.note("\(email) has logged in")
    }
  }

  func signOut(_ owners: OwnerSelection) async throws {
    for email in self.scenario.emails(of: owners) {
      try await self.lab.app(of: email).signOut()
      self.note("\(email) has logged out")
    }
  }

  func refresh(_ owners: OwnerSelection, atOnce: Int, line: Int?) async throws {
    for email in self.scenario.emails(of: owners) {
      let answers = try await self.lab.app(of: email).refresh(atOnce: atOnce)
      guard atOnce > 1 else { continue }
      self.judge(
        "\(atOnce) refreshes of one token of \(email) at once have one successor, and no answer but 200 or 400",
        line: line, rule: 2,
        holds: answers.haveOneSuccessor(under: self.scenario.cloud.policy(of: .app)),
        else: answers.inWords)
    }
  }

  func allowLogout(of nicknames: Set<String>) {
    for nickname in nicknames { self.expected.logoutsAllowed[nickname, default: 0] += 1 }
  }
}

extension [(verdict: OwnerApp.Verdict, tokens: OwnerApp.Tokens?)] {
  /// One, if any answer had one; and no answer but 200 and 400 `invalid_grant`.
  /// Under `grace` each may have one of its own, of which the last is live.
  func haveOneSuccessor(under policy: TokenPolicy) -> Bool {
    (policy.rotation.mayGiveSeveralSuccessors
      || Set(self.compactMap(\.tokens?.refreshToken)).count <= 1)
      && self.allSatisfy { $0.verdict == .accepted || $0.verdict.isInvalidGrant }
  }

  /// Without any token.
  var inWords: String {
    let successors = Set(self.compactMap(\.tokens?.refreshToken)).count
    return
      "\(successors) successors; answered: \(self.map(\.verdict.inWords).joined(separator: ", "))"
  }
}

extension OwnerApp.Verdict {
  var isInvalidGrant: Bool {
    if case .refused(400, "invalid_grant", _) = self { true } else { false }
  }

  func isRefused(reason expected: String) -> Bool {
    if case .refused(_, _, let reason) = self { reason == expected } else { false }
  }

  var inWords: String {
    switch self {
    case .accepted: "accepted"
    case .refused(let status, let error, let reason): "\(status) \(reason ?? error)"
    }
  }
}

extension JournalEntry {
  func isRequest(_ name: String, outcome: String) -> Bool {
    self.event == "request" && self.text("name") == name && self.text("outcome") == outcome
  }
}
