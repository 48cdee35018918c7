import CloudCore
import DeviceCore
import DeviceProtocol

/// One run: homes, devices, owners, thieves and the cloud in one value, under a virtual clock and
/// one seed. Nothing in it reads a clock, sleeps or runs on another thread, so that the same
/// scenario, seed and build give the same journal, byte for byte.
///
/// The loop takes what is due next from the queue, hands it to whom it concerns, and then lets the
/// director look whether the scenario's next step may be taken.
package struct World {
  let scenario: Scenario
  let seed: UInt64
  /// Milliseconds since the run began.
  private(set) var now: UInt64 = 0
  var queue = EventQueue()
  var homes: [HomeState] = []
  var devices: [DeviceNode] = []
  var apps: [AppNode] = []
  var exchanges = Exchanges()
  var cloud: CloudNode
  var weather = Scenario.NetworkWeather.calm
  var faults: [ActiveFault] = []
  var thief: Thief
  var director: Director
  var counters: Counters
  var storm: StormWatch
  /// When the owners were logged in again.
  var owners: BackWatch
  var rules: Rules
  /// Which logouts tokens have seen; instead of the rules where those are off.
  var eras = LogoutEras()
  /// While a fleet is paired before the run begins: there is no way that takes time, and no weather.
  var isDirect = false
  /// What a device wants of its clock meanwhile.
  var directWake: Instant?
  let log: Log
  /// The first rule that was seen broken; the run ends with it.
  var violation: Violation?
  var outcome: Outcome
  private(set) var eventCount = 0
  private let eventLimit: Int
  /// The device whose machine is at work, and what happens to it next.
  var pendingEvents: [DeviceEvent] = []

  /// - Parameters:
  ///   - scenario: One that its reader or the explorer has checked.
  ///   - firmware: What the manifest says of its models and versions.
  ///   - eventLimit: A run that takes more has failed.
  ///   - checksRules: Whether the model watches every token; nil: unless the fleet is too large for
  ///     that.
  package init(
    _ scenario: Scenario, seed: UInt64, firmware: FirmwareTable, log: Log = Log(),
    checksRules: Bool? = nil, eventLimit: Int = .max
  ) throws(WorldError) {
    self.scenario = scenario
    self.seed = seed
    self.log = log
    self.eventLimit = eventLimit
    self.thief = Thief(random: SeededRandom(seed: seed, stream: .thief))
    self.director = Director(scenario)
    self.outcome = Outcome(
      scenario: scenario.name, variant: scenario.variant, way: .virtual, seed: seed)
    let fleet = scenario.fleet
    let deviceCount = scenario.devices.count + (fleet?.count ?? 0) + (fleet?.scales ?? 0)
    let ownerCount = scenario.owners.count + (fleet?.count ?? 0)
    self.counters = Counters(
      clientCount: deviceCount + ownerCount + (fleet?.alexaLinks ?? 0) + 1)
    self.storm = StormWatch(count: deviceCount, fleetStart: scenario.devices.count)
    self.owners = BackWatch(count: ownerCount, watchedFrom: scenario.owners.count)
    let checksRules = checksRules ?? ((fleet?.count ?? 0) <= Self.watchedFleetCount)
    self.cloud = try CloudNode(
      scenario.cloud, hasLinks: fleet.map { $0.alexaLinks > 0 } ?? false, isOfFleet: !checksRules,
      seed: seed)
    self.rules = Rules(scenario.cloud, isOn: checksRules)
    self.homes = scenario.homes.map { HomeState($0) }
    try self.addOwners()
    try self.addDevices(firmware)
  }

  /// In a fleet of more devices tokens are not watched one by one.
  private static let watchedFleetCount = 50_000

  /// Plays the scenario to its end, or until a rule is seen broken.
  ///
  /// - Parameter isOver: Asked now and then; a run that is to be over is interrupted.
  package mutating func run(isOver: () -> Bool = { false }) -> Outcome {
    self.begin()
    while self.step() {
      guard self.eventCount % Self.eventsBetweenQuestions == 0, isOver() else { continue }
      self.outcome.failure = "interrupted"
      self.outcome.isInterrupted = true
      break
    }
    self.finish()
    return self.outcome
  }

  private static let eventsBetweenQuestions = 4_096

  /// - Returns: False once the run is over.
  private mutating func step() -> Bool {
    guard self.violation == nil, !self.director.isDone else { return false }
    guard self.eventCount < self.eventLimit else {
      self.outcome.failure = "it was not at its end after \(self.eventLimit) events"
      return false
    }
    guard let (time, event) = self.queue.removeFirst() else {
      self.outcome.failure = "nothing is left to happen, and the scenario is not at its end"
      return false
    }
    self.now = time
    self.eventCount += 1
    self.handle(event)
    if self.director.wantsTurn { self.direct() }
    return true
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .wake(let device, let ticket): self.wakeIsDue(Int(device), ticket: ticket)
    case .joinEnds(let device, let ticket): self.joinEnds(Int(device), ticket: ticket)
    case .arrives(let exchange): self.arrives(exchange)
    case .served(let exchange, let ticket): self.serve(exchange, ticket: ticket)
    case .givenUp(let exchange, let ticket): self.givenUp(exchange, ticket: ticket)
    case .answered(let exchange, let ticket): self.answered(exchange, ticket: ticket)
    case .durable(let ticket): self.durable(ticket: ticket)
    case .cloudStarts(let ticket):
      if self.cloud.startTicket == ticket { self.startCloud() }
    case .pushed(let stream, let ticket, let push):
      self.pushed(push, stream: stream, ticket: ticket)
    case .streamExpires(let stream, let ticket):
      self.streamExpires(stream, ticket: ticket)
    case .streamCut(let stream, let ticket): self.streamCut(stream, ticket: ticket)
    case .silence(let stream, let ticket): self.silence(stream, ticket: ticket)
    case .app(let app, let ticket):
      guard self.apps[Int(app)].ticket == ticket else { return }
      self.advance(app: Int(app))
    case .director: self.director.wantsTurn = true
    case .weather: self.breakStreams()
    }
  }

  private mutating func finish() {
    if let violation = self.violation {
      self.outcome.verdicts.append(
        Verdict(
          line: violation.line, rule: violation.rule, claim: Rules.text(of: violation.rule),
          failure: violation.seen))
    } else if self.outcome.failure == nil {
      self.judgeFaults()
      self.judgeClaims()
    }
    if let expected = self.scenario.brokenRule { self.expectBroken(rule: expected) }
    self.outcome.statistics.events = self.eventCount
    self.outcome.statistics.milliseconds = self.now
    self.outcome.statistics.journalDigest = self.log.digest
  }

  /// Of a scenario in which something is broken on purpose: it passes when the rule was seen broken.
  private mutating func expectBroken(rule: Int) {
    let seen = self.violation.map { "rule \($0.rule) was seen broken" } ?? "no rule was seen broken"
    self.outcome.verdicts.removeAll { $0.rule != nil }
    self.outcome.verdicts.append(
      Verdict(
        line: nil, rule: rule, claim: "what is broken on purpose is seen",
        failure: self.violation?.rule == rule ? nil : seen))
  }

  /// Something that the scenario wants cannot be done, and the run ends; one that was drawn goes on,
  /// since chance knows not what is possible.
  mutating func cannot(_ what: String, line: Int?) {
    guard !self.scenario.isDrawn, self.outcome.failure == nil else { return }
    self.outcome.failure = (line.map { "line \($0): " } ?? "") + what
    self.director.isDone = true
  }

  // MARK: Time

  mutating func add(_ event: Event, afterMilliseconds delay: UInt64) {
    self.queue.add(event, at: self.now &+ delay)
  }

  var instant: Instant { Instant(milliseconds: self.now) }

  /// 4 December 2019, midnight in Seattle.
  static let origin: UInt64 = 1_575_446_400_000

  /// What a wall clock shows that is so many milliseconds ahead.
  func wallTime(offset: Int64) -> UnixMilliseconds {
    let time = Int64(clamping: Self.origin &+ self.now)
    let (sum, overflow) = time.addingReportingOverflow(offset)
    return UnixMilliseconds(overflow ? .max : UInt64(max(0, sum)))
  }

  var cloudTime: UnixMilliseconds { self.wallTime(offset: self.cloud.clockOffset) }

  // MARK: Clients

  var appClients: Int { self.devices.count }

  /// Of the list of apps: the fleet's links to platforms.
  var linkIndices: Range<Int> {
    self.scenario.owners.count + (self.scenario.fleet?.count ?? 0)..<self.apps.count
  }

  func counterIndex(of client: Exchange.Client) -> Int {
    switch client {
    case .device(let device, _), .stream(let device): device
    case .app(let app), .appStream(let app): self.appClients + app
    case .thief, .probe, .nobody: self.devices.count + self.apps.count
    }
  }

  func name(of client: Exchange.Client) -> String {
    switch client {
    case .device(let device, _), .stream(let device):
      self.devices[device].specification.nickname
    case .app(let app), .appStream(let app): self.apps[app].email
    case .thief, .probe: "thief"
    case .nobody: "network"
    }
  }
}

/// Why a world cannot be made.
package struct WorldError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

extension Scenario.NetworkWeather {
  static let calm = Scenario.NetworkWeather()
}

extension Duration {
  /// Whole ones; 0 for a negative duration.
  var wholeMilliseconds: UInt64 { UInt64(max(0, self.signedMilliseconds)) }

  var signedMilliseconds: Int64 {
    let (seconds, attoseconds) = self.components
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    return milliseconds + attoseconds / 1_000_000_000_000_000
  }
}
