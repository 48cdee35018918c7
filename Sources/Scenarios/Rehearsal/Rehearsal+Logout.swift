import CloudCore
import DeviceProtocol
import Foundation
import Simulation

/// What is kept from before the logout, to be tried after it.
struct Evidence: Sendable {
  let apps: [(email: String, tokens: OwnerApp.Tokens)]
  /// The device whose flash was copied, and where the copy is.
  let clonedDevice: String
  let flashCopy: String
}

extension Rehearsal {
  /// Keeps the apps' tokens and a copy of a device's flash.
  func gatherEvidence() async throws -> Evidence {
    var apps: [(email: String, tokens: OwnerApp.Tokens)] = []
    for owner in self.scenario.owners {
      let app = try await self.lab.app(of: owner.email)
      guard try await app.refresh() == .accepted, let tokens = await app.heldTokens else {
        throw LabError(.unexpectedAnswer, "\(owner.email) could not refresh before the logout")
      }
      await self.keepSecrets(of: app)
      apps.append((owner.email, tokens))
    }
    guard
      let device = self.scenario.devices.first(where: { $0.relinkPolicy == .owner })
        ?? self.scenario.devices.first
    else { throw LabError(.file, "the scenario has no device") }
    let copy = self.lab.workspace.flashes + "/stolen"
    do {
      try FileManager.default.copyItem(
        atPath: self.lab.workspace.flash(device.nickname), toPath: copy)
    } catch {
      throw LabError(
        .file, "copying the flash of \(device.nickname): \(error.localizedDescription)")
    }
    return Evidence(apps: apps, clonedDevice: device.nickname, flashCopy: copy)
  }

  func logEverybodyOut(_ evidence: Evidence) async throws {
    self.stage("Everybody is logged out")
    var marks: [(DeviceProcess, Journal.Mark)] = []
    for specification in self.scenario.devices {
      let device = try await self.lab.device(specification.nickname)
      let mark = await device.journal.mark
      self.logoutMarks[specification.nickname] = mark
      marks.append((device, mark))
    }
    try await self.useScalesOutOfReach()
    let clock = ContinuousClock()
    var answer: LogoutAnswer?
    let duration = try await clock.measure {
      answer = try await self.lab.admin().logOut(
        LogoutRequest(scope: "everyone", reason: "an analytics copy lay open"))
    }
    self.note(
      "acknowledged in \(duration.milliseconds) ms: everyone's epoch is now \(answer?.epoch ?? 0)")
    try await self.checkAppsAreOut(evidence)
    try await self.bringScalesBack()
    for (device, mark) in marks {
      let entry = try? await device.journal.wait(
        for: "to notice that it is logged out", since: mark, within: .seconds(10)
      ) { $0.event == "loggedOut" }
      self.check(
        "\(device.name) is out", rule: 1, holds: entry != nil,
        else: "it did not notice the logout within 10 s")
    }
    try await self.showDevices()
    try await self.checkCopiedFlashIsRefused(evidence)
    // People go on using their homes meanwhile.
    try await self.useEachDevice()
  }

  /// A scale is used where no network reaches it: it must keep the measurement through the logout,
  /// of which it hears only later.
  private func useScalesOutOfReach() async throws {
    for specification in self.scenario.devices where specification.kind == .scale {
      try await self.lab.device(specification.nickname).takeOutOfReach()
      self.note("\(specification.nickname) is out of reach when somebody steps on it")
      try await self.use(specification)
    }
  }

  private func bringScalesBack() async throws {
    for specification in self.scenario.devices where specification.kind == .scale {
      guard let home = self.scenario.home(ofOwner: specification.owner) else { continue }
      try await self.lab.device(specification.nickname).bringIntoReach(of: home)
    }
  }

  private func checkAppsAreOut(_ evidence: Evidence) async throws {
    for (email, tokens) in evidence.apps {
      let app = try await self.lab.app(of: email)
      let device = try await self.deviceID(ofOwner: email)
      let verdicts = try await app.presentEverywhere(
        accessToken: tokens.accessToken, device: device)
      let accepted = verdicts.filter { !$0.verdict.isRefused(reason: "logged_out") }
      self.check(
        "\(email)'s old access token is refused at each of an app's \(verdicts.count) routes",
        rule: 1, holds: accepted.isEmpty, else: "\(accepted)")
      let refresh = try await app.present(refreshToken: tokens.refreshToken).verdict
      self.check(
        "\(email)'s old refresh token is refused", rule: 1,
        holds: refresh.isRefused(reason: "logged_out"), else: "\(refresh)")
    }
  }

  private func deviceID(ofOwner email: String) async throws -> String {
    let devices = try await self.lab.admin().status().devices
    guard let device = devices.first(where: { $0.accountEmail == email }) else {
      throw LabError(.unexpectedAnswer, "the cloud knows no device of \(email)")
    }
    return device.id
  }

  /// A thief with a copy of the flash from before the logout gets nowhere with its tokens.
  private func checkCopiedFlashIsRefused(_ evidence: Evidence) async throws {
    let clone = try await self.lab.startClone(
      of: evidence.clonedDevice, flashCopy: evidence.flashCopy)
    let entry = try? await clone.journal.wait(
      for: "the refusal of its old refresh token", since: Journal.beginning, within: .seconds(10)
    ) { $0.event == "request" && $0.text("name") == "refresh" && $0.text("outcome") != "sent" }
    await clone.process.stop()
    self.check(
      "a copy of \(evidence.clonedDevice)'s flash from before the logout is refused", rule: 1,
      holds: entry?.text("outcome") == "refused" && entry?.text("detail") == "logged_out",
      else: entry?.line ?? "it was not answered within 10 s")
  }

  /// The owners log in again; each device links itself again.
  func linkAgain() async throws {
    self.stage("The owners log in again; the devices link again")
    var marks: [(DeviceProcess, Journal.Mark)] = []
    for specification in self.scenario.devices where specification.relinkPolicy == .owner {
      let device = try await self.lab.device(specification.nickname)
      let isOut = try await self.status(of: specification.nickname).session != "live"
      self.check(
        "\(specification.nickname) waits for its owner", rule: 1, holds: isOut,
        else: "it has a live session before its owner has logged in")
      marks.append((device, await device.journal.mark))
    }
    for owner in self.scenario.owners {
      let app = try await self.lab.app(of: owner.email)
      try await app.logIn()
      await self.keepSecrets(of: app)
      self.note("\(owner.email) has logged in again")
    }
    for specification in self.scenario.devices where specification.relinkPolicy == .pair {
      let device = try await self.lab.device(specification.nickname)
      marks.append((device, await device.journal.mark))
      try await self.lab.pair(specification.nickname)
    }
    for (device, mark) in marks { try await device.waitUntil("online", since: mark) }
    for specification in self.scenario.devices where specification.relinkPolicy == .silent {
      try await self.lab.device(specification.nickname).waitUntil(
        "online", since: self.logoutMarks[specification.nickname] ?? Journal.beginning)
    }
  }
}

extension Duration {
  var milliseconds: Int64 {
    self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
  }
}
