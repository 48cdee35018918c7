import CloudCore
import DeviceProtocol
import Foundation
import Simulation

/// What must hold in every scenario.
extension RealRun {
  func judgeWhatAlwaysHolds() async throws {
    self.stage("What holds in every scenario")
    try await self.lab.startCloudAgain()
    try await self.judgeProcesses()
    try await self.judgeTraits()
    if !self.expected.logouts.isEmpty { try await self.judgeDeadTokens() }
    try await self.judgeSuccessors()
    try await self.judgeLogouts()
    try await self.judgeRecordings()
    try await self.judgeSecrets()
    try await self.judgeIdentities()
  }

  private func judgeProcesses() async throws {
    var ended: [String] = []
    for nickname in self.scenario.devices.map(\.nickname) {
      let process = try await self.lab.device(nickname).process
      if await process.processID == nil { ended.append(nickname) }
    }
    self.judge(
      "each device's process runs until the end", holds: ended.isEmpty,
      else: "\(ended.inWords) ended by itself")
  }

  private func judgeTraits() async throws {
    let catalogue = try FirmwareCatalogue(contentsOf: self.lab.programs.manifest)
    let others = try await self.statuses().filter {
      let traits = catalogue.traits(model: $0.status.model, version: $0.status.firmwareVersion)
      return traits == nil || traits != $0.status.firmwareTraits
    }
    self.judge(
      "the cloud knows the traits of each device's firmware", holds: others.isEmpty,
      else: others.map { "\($0.nickname): \($0.status.firmwareTraits ?? [])" }
        .joined(separator: ", "))
  }

  private func judgeDeadTokens() async throws {
    var seen: [String] = []
    for nickname in self.scenario.devices.map(\.nickname) {
      let entries = await Array(try self.lab.device(nickname).journal.entries())
      let uses = self.deadTokenUses(in: entries, of: nickname)
      if let first = uses.first { seen.append("\(nickname): \(uses.count), first \(first.line)") }
    }
    self.judge(
      "no device got anything with a token from before a logout", rule: 1, holds: seen.isEmpty,
      else: seen.joined(separator: "; "))
  }

  func deadTokenUses(in entries: some Sequence<JournalEntry>, of nickname: String) -> [JournalEntry]
  {
    entries.deadTokenUses(
      logoutTimes: self.expected.logouts.filter { $0.covers.contains(nickname) }.map(\.at))
  }

  /// Rule 3: a device that keeps its previous token is never out but by somebody's will.
  private func judgeLogouts() async throws {
    let catalogue = try FirmwareCatalogue(contentsOf: self.lab.programs.manifest)
    // A session that ends by its age ends by nobody's will, and some policies take a client that lost
    // an answer for a thief.
    let keepers = self.scenario.devices.filter(catalogue.keepsPreviousToken).filter { device in
      let policy = self.policy(of: device.nickname)
      return policy.rotation.keepsClientsThroughLostResponses && policy.idleSeconds == nil
        && policy.absoluteSeconds == nil
    }
    guard !keepers.isEmpty else { return }
    var seen: [String] = []
    for device in keepers {
      let logouts = await self.loggedOutReasons(of: device.nickname)
      let allowed = self.expected.logoutsAllowed[device.nickname, default: 0]
      guard logouts.count > allowed else { continue }
      seen.append("\(device.nickname), \(allowed) times by somebody's will: \(logouts.inWords)")
    }
    self.judge(
      "\(keepers.map(\.nickname).inWords) lost no session but by somebody's will", rule: 3,
      holds: seen.isEmpty, else: seen.joined(separator: "; "))
  }

  private func loggedOutReasons(of nickname: String) async -> [String] {
    guard let journal = try? await self.lab.device(nickname).journal else { return [] }
    return await journal.entries().filter { $0.event == "loggedOut" }.map {
      $0.text("reason") ?? ""
    }
  }

  private func judgeIdentities() async throws {
    let clock = ContinuousClock()
    let started = clock.now
    var seen: [String] = []
    // The first heartbeat tells the network.
    repeat {
      seen = try await self.changedIdentities()
      if !seen.isEmpty { try await Task.sleep(for: .milliseconds(200)) }
    } while !seen.isEmpty && clock.now - started < .seconds(5)
    let wasLoggedOut = !self.expected.identities.isEmpty
    self.judge(
      wasLoggedOut
        ? "ids, serial numbers, owners and networks are the same before and after"
        : "ids and serial numbers are what they were at manufacture", rule: 11,
      holds: seen.isEmpty, else: seen.joined(separator: ", "))
  }

  private func changedIdentities() async throws -> [String] {
    var seen: [String] = []
    let statuses = try await self.statuses()
    for nickname in self.scenario.devices.map(\.nickname) {
      let boots = await Array(try self.lab.device(nickname).journal.entries()).filter {
        $0.event == "booted"
      }
      let (id, serial) = try await self.identity(of: nickname)
      if boots.contains(where: { $0.text("device_id") != id || $0.text("serial") != serial }) {
        seen.append("\(nickname) was another device at one of its boots")
      }
      let before = self.expected.identities[nickname]
      guard let status = statuses.first(where: { $0.nickname == nickname })?.status else {
        if before != nil { seen.append("the cloud does not know \(nickname) any more") }
        continue
      }
      if status.serial != serial { seen.append("\(nickname) has the serial \(status.serial)") }
      if let owner = before?.owner, owner != status.accountEmail {
        seen.append("\(nickname) belongs to \(status.accountEmail ?? "nobody"), not \(owner)")
      }
      if let ssid = before?.ssid, ssid != status.ssid {
        seen.append("\(nickname) is in the network \(status.ssid ?? "none"), not \(ssid)")
      }
    }
    return seen
  }
}
