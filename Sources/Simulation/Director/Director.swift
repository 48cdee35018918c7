import CloudCore
import DeviceProtocol

/// Takes the scenario's steps, one after the other, and waits where they say so.
struct Director {
  enum Waiting {
    case nothing
    /// Until the owners are logged in, before the first step.
    case beginning
    case until(UInt64)
    case expecting(Expectation, deadline: UInt64, step: Step)
    case replay
    /// Until the owner's app has the token that a step is about: one that it makes, or the newest,
    /// of which a copy is taken then.
    case app(Int, deadline: UInt64, copy: String?, line: Int?)
  }

  let steps: [Step]
  var next = 0
  var waiting = Waiting.beginning
  var wantsTurn = false
  var isDone = false
  /// Pairing tokens by their names.
  var keptTokens: [String: String] = [:]
  var marks: [Mark] = []
  private var ticket: UInt32 = 0

  struct Mark {
    let name: String
    let time: UInt64
    let counters: Counters
    let storm: StormWatch.Mark
  }

  init(_ scenario: Scenario) { self.steps = scenario.steps }
}

extension World {
  /// Takes the steps that can be taken now.
  mutating func direct() {
    self.director.wantsTurn = false
    while self.violation == nil, !self.director.isDone, !self.isWaiting() {
      // An expectation that was not met ends the run.
      guard !self.director.isDone else { return }
      guard self.director.next < self.director.steps.count else {
        self.director.isDone = true
        return
      }
      let step = self.director.steps[self.director.next]
      self.director.next += 1
      self.take(step)
    }
  }

  /// Whether the next step must still wait; ends the waiting that is over.
  private mutating func isWaiting() -> Bool {
    switch self.director.waiting {
    case .nothing: return false
    case .beginning:
      // A fleet's owners log in beside; what comes of it the scenario expects by itself.
      let late = self.apps.prefix(self.scenario.owners.count).first { !$0.isLoggedIn || $0.isBusy }
      if let late {
        guard self.now >= Self.longestBeginningMilliseconds else { return true }
        self.outcome.failure = "\(late.email) could not log in within the first hour"
        self.director.isDone = true
        return true
      }
      self.weather = self.scenario.weather
      if self.weather.halfOpenStreamsPermille > 0 { self.add(.weather, afterMilliseconds: 60_000) }
    case .until(let time):
      guard time <= self.now else { return true }
    case .replay:
      guard self.thief.attempt == nil else { return true }
    case .app(let app, let deadline, let copy, let line):
      guard self.apps[app].hasItsTokens || deadline <= self.now else { return true }
      if let copy { self.steal(from: .owner(self.apps[app].email), as: copy, line: line) }
    case .expecting(let expectation, let deadline, let step):
      return self.isExpecting(expectation, deadline: deadline, step: step)
    }
    self.director.waiting = .nothing
    return false
  }

  private mutating func isExpecting(
    _ expectation: Expectation, deadline: UInt64, step: Step
  ) -> Bool {
    let failure = self.failure(of: expectation)
    switch expectation.time {
    case .now: break
    case .within:
      if failure != nil, self.now < deadline { return true }
    case .throughout:
      if failure == nil, self.now < deadline { return true }
    }
    self.director.waiting = .nothing
    self.conclude(
      expectation, failure: failure == nil ? nil : self.wholeFailure(of: expectation), step: step)
    return false
  }

  private mutating func conclude(_ expectation: Expectation, failure: Shortfall?, step: Step) {
    let claim = expectation.inWords
    self.note("lab", failure == nil ? "held" : "failed", [("claim", claim)])
    if let failure, expectation.conditions.contains(.settled) {
      self.violate(failure.rule, failure.seen, concerning: failure.device)
      // The rule is the verdict, at this line.
      self.violation?.line = step.line
      self.director.isDone = true
      return
    }
    self.outcome.verdicts.append(Verdict(line: step.line, claim: claim, failure: failure?.seen))
    // What follows rests on it.
    if failure != nil { self.director.isDone = true }
  }

  mutating func wait(_ milliseconds: UInt64) {
    let end = self.now &+ milliseconds
    self.director.waiting = .until(end)
    self.queue.add(.director(ticket: 0), at: end)
  }

  /// Waits for the app, as long as its request may take.
  ///
  /// - Parameter copy: The name of the copy that is taken of its refresh token then; nil for none.
  mutating func waitForTokens(of app: Int, copy: String? = nil, line: Int? = nil) {
    let deadline = self.now &+ Self.responseTimeoutMilliseconds
    self.director.waiting = .app(app, deadline: deadline, copy: copy, line: line)
    self.queue.add(.director(ticket: 0), at: deadline)
  }

  mutating func expect(_ expectation: Expectation, step: Step) {
    let deadline: UInt64
    switch expectation.time {
    case .now: deadline = self.now
    case .within(let duration), .throughout(let duration):
      deadline = self.now &+ duration.wholeMilliseconds
      self.queue.add(.director(ticket: 0), at: deadline)
    }
    self.director.waiting = .expecting(expectation, deadline: deadline, step: step)
  }

  // MARK: Who is meant

  func index(of nickname: String) -> Int? {
    if let number = Scenario.Fleet.index(of: nickname), let fleet = self.scenario.fleet {
      return (1...fleet.count).contains(number) ? self.scenario.devices.count + number - 1 : nil
    }
    return self.devices.prefix(self.scenario.devices.count)
      .firstIndex { $0.specification.nickname == nickname }
  }

  func indices(of selection: DeviceSelection) -> [Int] {
    switch selection {
    case .all: Array(0..<self.scenario.devices.count)
    case .kind(let kind):
      (0..<self.scenario.devices.count).filter { self.devices[$0].specification.kind == kind }
    case .named(let names): names.compactMap { self.index(of: $0) }
    case .fleet: Array(self.scenario.devices.count..<self.devices.count)
    }
  }

  func selects(_ selection: DeviceSelection, _ index: Int) -> Bool {
    switch selection {
    case .all: index < self.scenario.devices.count
    case .kind(let kind):
      index < self.scenario.devices.count && self.devices[index].specification.kind == kind
    case .named(let names): names.contains(self.devices[index].specification.nickname)
    case .fleet: index >= self.scenario.devices.count
    }
  }

  func apps(of selection: OwnerSelection) -> [Int] {
    switch selection {
    case .all: Array(0..<self.scenario.owners.count)
    case .named(let emails):
      emails.compactMap { email in self.apps.firstIndex { $0.email == email } }
    case .fleet: Array(self.scenario.owners.count..<self.linkIndices.lowerBound)
    }
  }
}
