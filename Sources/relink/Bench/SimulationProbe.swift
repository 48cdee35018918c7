import ArgumentParser
import CloudCore
import DeviceProtocol
import Foundation
import Scenarios
import Simulation

/// One measurement of the simulation, in a process of its own; `relink bench` starts it.
struct SimulationProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulation-probe", abstract: "Measure one figure of the simulation.",
    shouldDisplay: false)

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case hashes, home, device, december
  }

  @Argument var subject: Subject
  /// Seconds between heartbeats, or accounts.
  @Argument var number: Int

  struct Report: Codable {
    var passed = true
    var failures = ""
    var seconds = 0.0
    var events = 0.0
    var peakMebibytes = 0.0
    /// By part of the population.
    var bytesPerDevice: [String: Double] = [:]

    var perSecond: Double { self.events / self.seconds }
  }

  func run() throws {
    var report = Report()
    switch self.subject {
    case .hashes: Self.measureHashes(&report)
    case .home: try Self.measureHome(heartbeatSeconds: self.number, &report)
    case .device: try Self.measureDevice(&report)
    case .december: try Self.measureDecember(accounts: self.number, &report)
    }
    report.peakMebibytes = Self.peakMebibytes
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
  }

  private static func measureHashes(_ report: inout Report) {
    var bytes = [UInt8](repeating: 7, count: 64)
    let count = 2_000_000
    report.events = Double(count)
    report.seconds = Self.seconds {
      for _ in 0..<count { bytes[0] ^= TokenHash(of: bytes).digest.withUnsafeBytes { $0[0] } }
    }
  }

  /// The median of five runs, after one that does not count.
  private static func measureHome(heartbeatSeconds: Int, _ report: inout Report) throws {
    let scenario = Self.home(heartbeatSeconds: heartbeatSeconds)
    var times: [Double] = []
    for round in 0..<6 {
      var world = try World(scenario, seed: 1, firmware: .builtIn)
      var outcome: Outcome?
      let seconds = Self.seconds { outcome = world.run() }
      report.note(outcome)
      if round > 0 { times.append(seconds) }
    }
    report.seconds = times.median
  }

  private static func measureDevice(_ report: inout Report) throws {
    let count = 50_000
    var scenario = Scenario(name: "idle devices")
    scenario.fleet = Scenario.Fleet(count: count, model: "cam-1", firmware: "2.0.0")
    scenario.fleet?.isPaired = true
    scenario.timing.heartbeat = .seconds(86_400)
    scenario.steps = [Step(.wait(.seconds(3_600)))]
    var world = try World(scenario, seed: 1, firmware: .builtIn, checksRules: false)
    report.note(world.run())
    for part in World.Part.allCases {
      let before = try AllocatedMemory.byteCount()
      world.drop(part)
      report.bytesPerDevice["\(part)"] =
        (before - (try AllocatedMemory.byteCount())) / Double(count)
    }
  }

  private static func measureDecember(accounts: Int, _ report: inout Report) throws {
    let path = "\(try Programs.scenarioFolder())/full-scale/december-2019.yaml"
    guard var scenario = try ScenarioFile.read(path).first else { return }
    if accounts != scenario.fleet?.count { scenario.resize(to: accounts) }
    report.seconds = try Self.seconds {
      var world = try World(scenario, seed: 1, firmware: .builtIn)
      report.note(world.run())
    }
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body).inMilliseconds / 1_000
  }

  private static var peakMebibytes: Double {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = Double(line.split(whereSeparator: \.isWhitespace)[1])
    else { return 0 }
    return kibibytes / 1_024
  }

  /// Eight cameras and two scales in one home, for a day after their pairing.
  private static func home(heartbeatSeconds: Int) -> Scenario {
    guard let ssid = SSID(Array("Bench".utf8)) else { preconditionFailure("an SSID of 5 bytes") }
    let email = "bench@example.org"
    var scenario = Scenario(name: "a day of one home")
    scenario.homes = [
      .init(
        name: "Bench",
        networks: [.init(ssid: ssid, security: .wpa2, passphrase: Array("for-measuring".utf8))])
    ]
    scenario.owners = [.init(email: email, password: "for-measuring", home: "Bench")]
    for number in 1...10 {
      scenario.devices.append(
        number % 5 == 0
          ? .init(
            nickname: "scale-\(number)", kind: .scale, model: "scale-1", firmware: "1.0.0",
            owner: email, network: ssid)
          : .init(
            nickname: "camera-\(number)", kind: .camera, model: "cam-1", firmware: "2.0.0",
            owner: email, network: ssid))
    }
    scenario.timing.heartbeat = .seconds(heartbeatSeconds)
    let isOnline = [Expectation.Condition.state(.online)]
    scenario.steps = [
      Step(.pair(.all, .init())),
      Step(.expect(Expectation(.devices(.all), isOnline, .within(.seconds(120))))),
      Step(.wait(.seconds(86_400))),
      Step(.expect(Expectation(.devices(.all), isOnline))),
    ]
    return scenario
  }
}

extension SimulationProbe.Report {
  mutating func note(_ outcome: Outcome?) {
    guard let outcome else { return }
    self.events = Double(outcome.statistics.events)
    guard !outcome.passed else { return }
    self.passed = false
    self.failures =
      outcome.failure
      ?? outcome.verdicts.compactMap { verdict in
        verdict.failure.map { "\(verdict.claim): \($0)" }
      }.joined(separator: "; ")
  }
}

extension Scenario {
  /// Another number of accounts, with as many links and scales in proportion.
  fileprivate mutating func resize(to count: Int) {
    guard var fleet = self.fleet else { return }
    fleet.alexaLinks = fleet.alexaLinks * count / fleet.count
    fleet.scales = fleet.scales * count / fleet.count
    fleet.count = count
    self.fleet = fleet
    // What the file claims of numbers is of its own number; what is a share of them still holds.
    self.claims.removeAll { claim in
      switch claim.bound {
      case .exactly(let number), .atLeast(let number), .atMost(let number): number > 100
      }
    }
  }
}
