import DeviceProtocol
import Foundation
import Scenarios
import Simulation

/// The measurements of `relink bench`, one after the other.
actor Bench {
  let programs: Programs
  private let folder: String
  let seconds: Int
  private let sessions: Int
  private(set) var results: [BenchResult] = []

  init(programs: Programs, folder: String, seconds: Int, sessions: Int) {
    self.programs = programs
    self.folder = folder
    self.seconds = seconds
    self.sessions = sessions
  }

  func run() async throws {
    try await self.measureStarts()
    try await self.measureRefreshes()
    try await self.measureLogouts(
      counts: [1, 1_000_000, 2_400_000, 10_000_000].filter { $0 <= self.sessions })
  }

  /// The median of five starts of the cloud and of a device that is paired already.
  private func measureStarts() async throws {
    var cloudStarts: [Double] = []
    var cloudMemory: [Double] = []
    var deviceStarts: [Double] = []
    var deviceMemory: [Double] = []
    try await self.withLab { lab in
      let nickname = Self.scenario.devices[0].nickname
      try await lab.startCloud()
      let app = try await lab.app(of: Self.scenario.owners[0].email)
      try await app.register()
      try await app.logIn()
      let device = try await lab.startDevice(nickname)
      try await lab.pair(nickname)
      try await device.waitUntil("online", since: Journal.beginning)
      for _ in 0..<5 {
        await device.process.stop()
        let clock = ContinuousClock()
        cloudStarts.append(
          try await clock.measure {
            try await lab.killAndRestartCloud()
            try await lab.checkHealth()
          }.inMilliseconds)
        cloudMemory.append(try Self.residentMebibytes(of: await lab.cloudProcessID()))
        let mark = await device.journal.mark
        deviceStarts.append(
          try await clock.measure {
            try await lab.startDevice(nickname)
            try await device.waitUntil("online", since: mark)
          }.inMilliseconds)
        deviceMemory.append(try Self.residentMebibytes(of: await device.process.processID))
      }
    }
    self.add("cloud: start to first answer", cloudStarts.median, "ms", aim: 100)
    self.add("cloud: memory after start", cloudMemory.median, "MiB", aim: 60)
    self.add("device: start to on line", deviceStarts.median, "ms", aim: 150)
    self.add("device: memory on line", deviceMemory.median, "MiB", aim: 12)
  }

  private func measureRefreshes() async throws {
    let disk = try DiskProbe.commitsPerSecond(in: self.folder, seconds: Double(self.seconds))
    self.add("the disk's own durable commits", disk, "per s")
    try await self.withLab { lab in
      try await lab.startCloud()
      try await lab.app(of: Self.email).register()
      var apps: [OwnerApp] = []
      for connections in [1, 16, 64] {
        while apps.count < connections {
          let app = try await lab.newApp(of: Self.email)
          try await app.logIn()
          apps.append(app)
        }
        let rate = try await Self.refreshRate(of: apps, for: .seconds(self.seconds))
        self.add(
          "durable refreshes, \(connections) TLS connections", rate, "per s",
          beside: String(format: "%.2f × the disk's commits", rate / disk))
      }
      let logins = try await self.logIn(64, in: lab)
      await lab.stopCloud()
      try await self.measureTokens(folder: lab.workspace.cloudData, logins: logins)
    }
  }

  /// The load is made by this process, which shares the machine with the cloud.
  private static func refreshRate(of apps: [OwnerApp], for duration: Duration) async throws
    -> Double
  {
    let clock = ContinuousClock()
    let started = clock.now
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for app in apps {
        group.addTask {
          var count = 0
          while clock.now - started < duration {
            let verdict = try await app.refresh()
            guard verdict == .accepted else {
              throw LabError(.unexpectedAnswer, "a refresh was answered \(verdict)")
            }
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(count) / ((clock.now - started).inMilliseconds / 1_000)
  }

  func add(
    _ name: String, _ value: Double, _ unit: String, beside: String? = nil, aim: Double? = nil,
    aimAtLeast: Double? = nil, bound: String? = nil
  ) {
    self.results.append(
      BenchResult(
        name: name, value: value, unit: unit, beside: beside, aim: aim, aimAtLeast: aimAtLeast,
        bound: bound))
    self.note("measured: \(name)")
  }

  /// Tells whoever waits how far it is.
  func note(_ text: String) { FileHandle.standardError.writeIfPossible("\(text)\n") }

  /// A lab of one home in a folder of its own, stopped and removed whatever happens.
  func withLab(_ body: (Lab) async throws -> Void) async throws {
    let workspace = try Workspace.temporary(in: self.folder)
    defer { workspace.remove() }
    let lab = Lab(scenario: Self.scenario, programs: self.programs, workspace: workspace)
    do {
      try await body(lab)
    } catch {
      await lab.stop()
      throw error
    }
    await lab.stop()
  }

  static func residentMebibytes(of process: Int32?) throws -> Double {
    guard let process,
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kibibytes = Double(line.split(whereSeparator: \.isWhitespace)[1])
    else { throw LabError(.ended, "the memory of process \(process ?? 0) can't be read") }
    return kibibytes / 1_024
  }

  static let email = "bench@example.org"

  /// Long-lived tokens, so that nothing rotates by itself.
  private static let scenario: Scenario = {
    guard let ssid = SSID(Array("Bench".utf8)) else { preconditionFailure("an SSID of 5 bytes") }
    var scenario = Scenario(name: "bench")
    scenario.homes = [
      .init(
        name: "Bench",
        networks: [.init(ssid: ssid, security: .wpa2, passphrase: Array("for-measuring".utf8))])
    ]
    scenario.owners = [.init(email: Bench.email, password: "for-measuring", home: "Bench")]
    scenario.devices = [
      .init(
        nickname: "bench", kind: .camera, model: "cam-1", firmware: "2.0.0", owner: Bench.email,
        network: ssid)
    ]
    return scenario
  }()
}

extension Duration {
  var inMilliseconds: Double {
    Double(self.components.seconds) * 1_000 + Double(self.components.attoseconds) / 1e15
  }
}

extension [Double] {
  /// The middle one; zero of none.
  var median: Double {
    self.isEmpty ? 0 : self.sorted()[self.count / 2]
  }
}
