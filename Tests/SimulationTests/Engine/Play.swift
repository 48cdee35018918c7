import DeviceProtocol

@testable import Simulation

/// One run, with all that there is to see of it.
struct Play {
  let outcome: Outcome
  let world: World
  let journal: [LogEntry]

  /// - Throws: `WorldError` if the world cannot be made.
  init(_ scenario: Scenario, seed: UInt64 = 1, checksRules: Bool? = nil) throws {
    let recorder = Recorder()
    var world = try World(
      scenario, seed: seed, firmware: .builtIn,
      log: Log(.digest) { recorder.entries.append($0) }, checksRules: checksRules,
      eventLimit: 1_000_000)
    self.outcome = world.run()
    self.world = world
    self.journal = recorder.entries
  }

  private final class Recorder { var entries: [LogEntry] = [] }

  /// What did not hold, and why the run stopped early.
  var failures: [String] {
    self.outcome.verdicts.compactMap(\.failure) + [self.outcome.failure].compactMap { $0 }
  }

  var digest: String? { self.outcome.statistics.journalDigest }

  func number(_ counter: Claim.Counter, of nickname: String) -> Int {
    self.world.index(of: nickname).map { self.world.counters.number(counter, of: $0) } ?? 0
  }

  /// The lines of somebody that have these words.
  func entries(_ who: String, _ words: String = "") -> [LogEntry] {
    self.journal.filter { $0.who == who && $0.words.contains(words) }
  }

  /// A device's requests of a name that have ended.
  func requests(_ name: String, of who: String) -> [Request] {
    var requests: [Request] = []
    var sent: UInt64?
    for entry in self.entries(who, "request: name \(name), outcome ") {
      let outcome = entry.members.last?.value ?? ""
      if outcome == "sent" {
        sent = entry.milliseconds
      } else if let begin = sent {
        requests.append(Request(sent: begin, ended: entry.milliseconds, outcome: outcome))
        sent = nil
      }
    }
    return requests
  }

  struct Request {
    /// Milliseconds since the run began.
    let sent: UInt64
    let ended: UInt64
    let outcome: String
    var time: UInt64 { self.ended - self.sent }
    var isFine: Bool { self.outcome.hasPrefix("ok") }
  }
}

extension Scenario {
  /// Ada's home, with a camera `porch` and a scale `bathroom` that are on line when the actions begin.
  static func oneHome(_ actions: [Action] = []) -> Scenario {
    var scenario = Scenario(name: "one home")
    scenario.addHome("Hillside", owner: "ada@example.org", ssid: "Hill")
    scenario.addDevice("porch", .camera, firmware: "2.0.0")
    scenario.addDevice("bathroom", .scale, firmware: "1.0.0")
    scenario.steps = ([.pairAll, .online(.all)] + actions).map { Step($0) }
    return scenario
  }

  /// As `oneHome`, and Grace's, with a camera `quay` of 2019.
  static func twoHomes(_ actions: [Action] = []) -> Scenario {
    var scenario = Scenario.oneHome()
    scenario.addHome("Harbour", owner: "grace@example.org", ssid: "Quay")
    scenario.addDevice("quay", .camera, firmware: "1.0.0")
    scenario.steps = ([.pairAll, .online(.all)] + actions).map { Step($0) }
    return scenario
  }

  private mutating func addHome(_ name: String, owner: String, ssid: String) {
    let network = Network(
      ssid: .named(ssid), security: .wpa2, passphrase: Array("secret of \(name)".utf8))
    self.homes.append(Home(name: name, networks: [network]))
    self.owners.append(Owner(email: owner, password: "long enough", home: name))
  }

  private mutating func addDevice(
    _ nickname: String, _ kind: DeviceKind, firmware: String
  ) {
    guard let owner = self.owners.last, let network = self.homes.last?.networks.first else {
      return
    }
    self.devices.append(
      DeviceSpecification(
        nickname: nickname, kind: kind, model: kind == .camera ? "cam-1" : "scale-1",
        firmware: firmware, owner: owner.email, network: network.ssid))
  }

  /// With a claim more.
  func claiming(_ claims: Claim...) -> Scenario {
    var scenario = self
    scenario.claims += claims
    return scenario
  }
}

/// Testing has an `Expectation` of its own.
typealias Demand = Expectation

extension SSID {
  static func named(_ name: String) -> SSID { SSID(Array(name.utf8))! }
}

extension DeviceSelection {
  static let porch = DeviceSelection.named(["porch"])
  static let bathroom = DeviceSelection.named(["bathroom"])
}

extension OwnerSelection {
  static let ada = OwnerSelection.named(["ada@example.org"])
}

extension Action {
  static let pairAll = Action.pair(.all, Pairing())

  static func online(_ devices: DeviceSelection) -> Action {
    .expect(Expectation(.devices(devices), [.state(.online)], .within(.seconds(120))))
  }

  static func expect(
    _ devices: DeviceSelection, _ condition: Expectation.Condition, _ time: Expectation.Time = .now
  ) -> Action {
    .expect(Expectation(.devices(devices), [condition], time))
  }

  static func wait(seconds: Int) -> Action { .wait(.seconds(seconds)) }

  /// Meets the fault again and again.
  static func fault(
    _ exchange: Fault.Exchange, of subject: Fault.Subject, _ harm: Fault.Harm, nth: Int = 1,
    times: Int = 1_000
  ) -> Action {
    var fault = Fault(exchange, of: subject, harm: harm)
    fault.nth = nth
    fault.times = times
    return .fault(fault)
  }
}
