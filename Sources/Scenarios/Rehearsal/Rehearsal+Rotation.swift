import CloudCore
import DeviceProtocol
import Simulation

extension Rehearsal {
  /// Waits until each device has refreshed twice.
  func letTokensRotate() async throws {
    self.stage("Tokens rotate")
    var marks: [(DeviceProcess, Journal.Mark)] = []
    for specification in self.scenario.devices {
      let device = try await self.lab.device(specification.nickname)
      marks.append((device, await device.journal.mark))
    }
    for (device, mark) in marks {
      var mark = mark
      for _ in 0..<2 {
        mark = try await device.waitForRefresh(since: mark)
      }
    }
    for specification in self.scenario.devices {
      let status = try await self.status(of: specification.nickname)
      self.check(
        "\(specification.nickname) has rotated its refresh token at least twice in one session",
        rule: 2, holds: (status.generation ?? 0) >= 3 && status.session == "live",
        else: "generation \(status.generation ?? 0), session \(status.session)")
    }
  }

  /// An old phone's token is stolen and replayed: at once, many times at once, and after the window.
  func stealAToken() async throws {
    guard let owner = self.scenario.owners.first else { return }
    self.stage(
      "A refresh token of an old phone is replayed: at once, in parallel, after the window")
    let phone = try await self.lab.newApp(of: owner.email)
    try await phone.logIn()
    await self.keepSecrets(of: phone)
    guard let first = await phone.heldTokens else { return }
    let answers = try await withThrowingTaskGroup(
      of: (OwnerApp.Verdict, String?).self, returning: [(OwnerApp.Verdict, String?)].self
    ) { group in
      for _ in 0..<8 {
        group.addTask {
          let answer = try await phone.present(refreshToken: first.refreshToken)
          return (answer.verdict, answer.tokens?.refreshToken)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let successors = Set(answers.compactMap(\.1))
    self.secrets.formUnion(successors)
    self.check(
      "8 refreshes of one token at once have one successor, and no answer but 200 or 400", rule: 2,
      holds: successors.count == 1
        && answers.allSatisfy { $0.0 == .accepted || $0.0.isInvalidGrant },
      else: "\(successors.count) successors; \(answers.map(\.0))")
    // The phone holds the successor and uses it, so an honest client has no use for the first one.
    let refreshed = try await phone.refresh()
    await self.keepSecrets(of: phone)
    guard let second = await phone.heldTokens, refreshed == .accepted else {
      self.check(
        "the phone gets the successor again", rule: 3, "it was answered \(refreshed)")
      return
    }
    _ = try await phone.present(accessToken: second.accessToken)
    try await Task.sleep(for: self.scenario.cloud.rotationWindow + .milliseconds(200))
    let replay = try await phone.present(refreshToken: first.refreshToken).verdict
    let successor = try await phone.present(refreshToken: second.refreshToken).verdict
    let access = try await phone.present(accessToken: second.accessToken)
    self.check(
      "a replay after the window is refused and kills that session", rule: 4,
      holds: replay.isRefused(reason: "replayed") && successor.isRefused(reason: "session_ended")
        && access.isRefused(reason: "session_ended"),
      else: "replay \(replay), successor \(successor), access token \(access)")
    let other = try await self.lab.app(of: owner.email).refresh()
    self.check(
      "the owner's other session lives on", rule: 4, holds: other == .accepted,
      else: "its refresh was answered \(other)")
  }

  /// Power is cut while a new refresh token is being written to flash.
  func cutPowerInARotation() async throws {
    guard let specification = try self.devices(keepingPreviousToken: true).first else {
      throw LabError(.file, "the scenario has no device whose firmware keeps its previous token")
    }
    self.stage("\(specification.nickname)'s power is cut in the middle of a rotation")
    let device = try await self.lab.device(specification.nickname)
    let (before, mark) = try await self.settled(device)
    _ = try await device.world.send(.cutPowerDuringStore(afterByteCount: 24))
    try await device.journal.wait(
      for: "the power cut within a write to flash", since: mark, within: .seconds(20)
    ) { $0.event == "power" && $0.text("state") == "cut" }
    self.note("the cloud has rotated, the flash holds 24 bytes of the new token; power on again")
    let off = await device.journal.mark
    _ = try await device.world.send(.power)
    try await device.waitUntil("online", since: off)
    // The device saw one successor twice: in the answer that the cut tore, and after it.
    await self.checkSurvived(
      device, before: before, since: mark, what: "a power cut in a rotation", repeatedAnswers: 1)
  }

  /// A refresh response is lost: firmware that keeps the previous token, and firmware that does not.
  func loseAResponse() async throws {
    guard let keeper = try self.devices(keepingPreviousToken: true).first else { return }
    let forgetful = try self.devices(keepingPreviousToken: false).first
    self.stage("A refresh response is lost after the cloud has committed")
    try await self.loseResponse(of: keeper.nickname, survives: true)
    if let forgetful { try await self.loseResponse(of: forgetful.nickname, survives: false) }
  }

  private func loseResponse(of nickname: String, survives: Bool) async throws {
    let device = try await self.lab.device(nickname)
    let admin = try await self.lab.admin()
    let (before, mark) = try await self.settled(device)
    let fault = try await admin.addFault(
      AdminFault(grant: "refresh_token", deviceId: before.id, phase: "after_commit"))
    try await device.journal.wait(
      for: "the loss of a refresh response", since: mark, within: .seconds(20)
    ) { $0.isRequest("refresh", outcome: "failed") }
    let lost = await device.journal.mark
    if survives {
      _ = try await device.waitForRefresh(since: lost)
      let fired = try await admin.faults().first { $0.id == fault.id }?.fired
      self.check(
        "the cloud committed a rotation of \(nickname) and cut the connection, once",
        holds: fired == 1, else: "the fault fired \(fired ?? 0) times")
      await self.checkSurvived(
        device, before: before, since: mark, what: "a lost response", repeatedAnswers: 0)
    } else {
      self.note("\(nickname) runs firmware that forgets a token as soon as it has sent it")
      try await device.waitUntil("loggedOut", since: mark)
      try await device.waitUntil("online", since: lost)
      let after = try await self.status(of: nickname)
      self.check(
        "\(nickname) lost its session with the response, and came back by a new link, not a new pairing",
        holds: after.sessionId != before.sessionId && after.id == before.id && after.online,
        else: "session \(after.sessionId ?? "none"), online \(after.online)")
    }
  }

  /// What the cloud and the journal say right after a rotation, so that the next one is some
  /// seconds away and the two agree.
  private func settled(_ device: DeviceProcess) async throws -> (DeviceStatus, Journal.Mark) {
    _ = try await device.waitForRefresh(since: await device.journal.mark)
    // Long enough for the device to have dropped the token before: that is a write of its own.
    try await Task.sleep(for: .milliseconds(400))
    return (try await self.status(of: device.name), await device.journal.mark)
  }

  /// The same session, no logout, and no second successor.
  private func checkSurvived(
    _ device: DeviceProcess, before: DeviceStatus, since mark: Journal.Mark, what: String,
    repeatedAnswers: Int
  ) async {
    let loggedOut = await device.journal.entries(since: mark).contains { $0.event == "loggedOut" }
    let after = try? await self.status(of: device.name)
    self.check(
      "\(device.name) survives \(what) in its session", rule: 3,
      holds: !loggedOut && after?.sessionId == before.sessionId && after?.session == "live",
      else:
        "logged out: \(loggedOut), session before \(before.sessionId ?? "none"), after \(after?.sessionId ?? "none")"
    )
    let answers = await device.journal.entries(since: mark)
      .filter { $0.isRequest("refresh", outcome: "ok") }.count
    let rotations = Int64(after?.generation ?? 0) - Int64(before.generation ?? 0)
    self.check(
      "\(device.name) got one successor, not two", rule: 2,
      holds: rotations == Int64(answers - repeatedAnswers),
      else:
        "\(answers) answers with status 200, of them \(repeatedAnswers) repeated, but \(rotations) rotations"
    )
  }
}

extension DeviceProcess {
  /// The mark after the next refresh that worked.
  func waitForRefresh(since mark: Journal.Mark) async throws -> Journal.Mark {
    try await self.journal.wait(for: "a refresh", since: mark, within: .seconds(20)) {
      $0.isRequest("refresh", outcome: "ok")
    }
    return await self.journal.mark(after: mark) { $0.isRequest("refresh", outcome: "ok") }
  }
}

extension JournalEntry {
  func isRequest(_ name: String, outcome: String) -> Bool {
    self.event == "request" && self.text("name") == name && self.text("outcome") == outcome
  }
}

extension OwnerApp.Verdict {
  var isInvalidGrant: Bool {
    if case .refused(400, "invalid_grant", _) = self { true } else { false }
  }

  func isRefused(reason expected: String) -> Bool {
    if case .refused(_, _, let reason) = self { reason == expected } else { false }
  }
}
