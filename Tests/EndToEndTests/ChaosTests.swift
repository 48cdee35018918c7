import Foundation
import Scenarios
import Simulation
import TestSupport
import Testing

/// Rule 7: what was acknowledged survives, whatever is killed. The moments are drawn from a seed,
/// which a failure names.
@Suite(.serialized)
struct ChaosTests {
  @Test(.timeLimit(.minutes(4)), arguments: [1, 2] as [UInt64])
  func `kill -9 of the cloud and of devices loses nothing that was acknowledged`(
    seed: UInt64
  ) async throws {
    try await withLab { lab in
      var random = SeededGenerator(seed: seed)
      try await lab.raiseAndPair()
      let before = try await lab.admin().status().devices
      var weighings = 0
      for _ in 0..<14 {
        let device = try await lab.device(
          lab.scenario.devices.randomElement(using: &random)?.nickname ?? "")
        switch UInt8.random(in: 0..<6, using: &random) {
        case 0:
          try await lab.killAndRestartCloud()
        case 1:
          await device.process.kill()
          try await lab.startDevice(device.name)
        case 2:
          try await device.sendWithPower(.cutPower)
          _ = try await device.world.send(.power)
        case 3:
          // Armed: it strikes within a later rotation, if there is one before the next power on.
          try await device.sendWithPower(
            .cutPowerDuringStore(afterByteCount: .random(in: 0..<120, using: &random)))
        default:
          // Acknowledged means: kept in flash. The scale may die right after.
          let scale = try await lab.device("bathroom")
          try await scale.sendWithPower(
            .stepOn(grams: 60_000 + weighings, impedanceOhms: nil, profile: nil))
          weighings += 1
          if Bool.random(using: &random) {
            await scale.process.kill()
            try await lab.startDevice("bathroom")
          }
        }
        try await Task.sleep(for: .milliseconds(.random(in: 0..<800, using: &random)))
      }
      // Then everything is whole again.
      for specification in lab.scenario.devices {
        _ = try await lab.device(specification.nickname).world.send(.power)
      }
      let after = try await lab.waitUntilConverged()
      #expect(after.map(\.id).sorted() == before.map(\.id).sorted(), "seed \(seed)")
      #expect(after.map(\.accountEmail) == before.map(\.accountEmail), "seed \(seed)")
      let scale = try #require(after.first { $0.nickname == "bathroom" })
      let grams = try await lab.measurements(ofScale: scale, count: weighings).map(\.weightGrams)
      #expect(grams.sorted() == (0..<weighings).map { 60_000 + $0 }, "seed \(seed)")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a logout that was acknowledged holds after kill -9 of the cloud`() async throws {
    try await withLab { lab in
      try await lab.startCloud()
      let app = try await lab.app(of: "ada@example.org")
      try await app.register()
      try await app.logIn()
      let tokens = try #require(await app.heldTokens)
      _ = try await lab.admin().logOut(LogoutRequest(scope: "everyone", reason: "a test"))
      try await lab.killAndRestartCloud()
      #expect(
        try await app.present(accessToken: tokens.accessToken)
          == .refused(status: 401, error: "invalid_token", reason: "logged_out"))
      #expect(
        try await app.present(refreshToken: tokens.refreshToken).verdict
          == .refused(status: 400, error: "invalid_grant", reason: "logged_out"))
      // And what lives after it goes on living.
      try await app.logIn()
      try await lab.killAndRestartCloud()
      #expect(try await app.refresh() == .accepted)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a rotation of keys that was acknowledged holds after kill -9 of the cloud`() async throws {
    try await withLab { lab in
      try await lab.startCloud()
      let rotated = try await lab.admin().rotateSigningKey(leadSeconds: 1_000)
      let before = try await lab.admin().signingKeys()
      #expect(before.map(\.state) == ["signing", "waiting"])
      #expect(before.last == rotated)
      try await lab.killAndRestartCloud()
      #expect(try await lab.admin().signingKeys() == before)
    }
  }
}

/// Runs the body with a lab of the demo's scenario; stops and removes it whatever happens.
func withLab(_ body: (Lab) async throws -> Void) async throws {
  let programs = try Programs.beside()
  let scenario = try ScenarioFile.readOne(programs.defaultScenario)
  try await withWorkspace { workspace in
    let lab = Lab(scenario: scenario, programs: programs, workspace: workspace)
    do {
      try await body(lab)
    } catch {
      Issue.record("\(error)\n\(try logs(in: workspace))")
    }
    await lab.stop()
  }
}

extension Lab {
  /// Everything is up, every owner logged in, every device paired and on line.
  func raiseAndPair() async throws {
    try await self.startCloud()
    for owner in self.scenario.owners {
      let app = try await self.app(of: owner.email)
      try await app.register()
      try await app.logIn()
    }
    for specification in self.scenario.devices {
      let device = try await self.startDevice(specification.nickname)
      let mark = await device.journal.mark
      try await self.pair(specification.nickname)
      try await device.waitUntil("online", since: mark)
    }
  }

  /// Waits until every device is on line in a live session.
  func waitUntilConverged() async throws -> [DeviceStatus] {
    var devices: [DeviceStatus] = []
    for _ in 0..<150 {
      devices = try await self.admin().status().devices
      if devices.allSatisfy({ $0.online && $0.session == "live" }) { return devices }
      try await Task.sleep(for: .milliseconds(200))
    }
    Issue.record("not converged after 30 s: \(devices)")
    return devices
  }

  func measurements(
    ofScale scale: DeviceStatus, count: Int
  ) async throws -> [OwnerApp.Measurement] {
    let app = try await self.app(of: scale.accountEmail ?? "")
    var measurements: [OwnerApp.Measurement] = []
    for _ in 0..<50 {
      measurements = try await app.measurements(of: scale.id)
      if measurements.count >= count { break }
      try await Task.sleep(for: .milliseconds(200))
    }
    return measurements
  }
}

extension DeviceProcess {
  /// Sends an event to a device whose power may be off, or go off at any moment.
  func sendWithPower(_ event: WorldEvent) async throws {
    for _ in 0..<20 {
      _ = try await self.world.send(.power)
      do {
        _ = try await self.world.send(event)
        return
      } catch let error as LabError where error.description.contains("the power is off") {
        continue
      }
    }
    Issue.record("\(self.name) does not keep its power")
  }
}
