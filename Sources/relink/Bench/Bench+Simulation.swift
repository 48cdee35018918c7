import ArgumentParser
import Foundation
import Scenarios

extension Bench {
  /// Each figure in a process of its own, so that none pays for the memory of another.
  ///
  /// - Parameter accounts: Of December 2019; 0 leaves it out.
  func measureSimulation(decemberAccounts accounts: Int) async throws {
    let hashes = try await self.probe(.hashes).perSecond
    self.add("SHA-256 of 64 bytes", hashes, "per s")
    try await self.measureHomes(hashes: hashes)
    try await self.measureDevice()
    if accounts > 0 { try await self.measureDecember(accounts: accounts) }
  }

  private func measureHomes(hashes: Double) async throws {
    for (seconds, name) in [(30, "30 s"), (300, "5 min")] {
      let home = try await self.probe(.home, seconds)
      if seconds == 30 {
        self.add(
          "simulated events, one core", home.perSecond, "per s",
          beside: String(format: "%.2f × SHA-256 of 64 bytes", home.perSecond / hashes),
          aimAtLeast: 1_000_000,
          bound:
            "copies of states with references and the JSON of each heartbeat, which is written and read; the model takes a tenth"
        )
      }
      self.add(
        "24 h of ten devices, heartbeats of \(name)", home.seconds * 1_000, "ms",
        beside: String(
          format: "%.0f events, each as long as %.1f × SHA-256", home.events,
          home.seconds / home.events * hashes), aim: 50,
        bound:
          "the number of heartbeats, of four events each: 2,880 a device at 30 s, 288 at 5 min")
    }
  }

  private func measureDevice() async throws {
    let memory = try await self.probe(.device).bytesPerDevice
    let device = memory["devices"] ?? 0
    self.add(
      "memory of an idle device", device, "B",
      beside: String(
        format: "cloud %.0f B, app %.0f B, plans %.0f B", memory["cloud"] ?? 0,
        memory["apps"] ?? 0, memory["plans"] ?? 0), aim: 1_024,
      bound:
        "its state in place (560 B), and its tokens as the texts that they are: 250 B of access token, 109 B of refresh token in memory and once more in flash"
    )
  }

  private func measureDecember(accounts: Int) async throws {
    let december = try await self.probe(.december, accounts)
    guard december.passed else {
      throw LabError(.unexpectedAnswer, "December 2019 failed: \(december.failures)")
    }
    let name = "December 2019, \(accounts) accounts"
    let isFull = accounts == 2_400_000
    self.add(
      name, december.seconds, "s",
      beside: String(format: "%.0f events per s", december.perSecond), aim: isFull ? 300 : nil,
      bound:
        "one core: some nine events, two hashes of a token and two of its text for each rotation, in memory that no cache holds"
    )
    self.add(
      "\(name): memory", december.peakMebibytes, "MiB",
      beside: String(
        format: "%.0f B an account", december.peakMebibytes * 1_048_576 / Double(accounts)),
      aim: isFull ? 8_192 : nil,
      bound:
        "four sessions of 224 B an account in the cloud (two of them dead), the device and its app")
  }

  private func probe(_ subject: SimulationProbe.Subject, _ number: Int = 0) async throws
    -> SimulationProbe.Report
  {
    let output = try await ChildProgram.output(
      of: self.programs.relink,
      [SimulationProbe.configuration.commandName ?? "", subject.rawValue, "\(number)"])
    guard let output else {
      throw LabError(.ended, "the measurement of \(subject.rawValue) ended with an error")
    }
    return try JSONDecoder().decode(SimulationProbe.Report.self, from: output)
  }
}
