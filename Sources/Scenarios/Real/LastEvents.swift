import Simulation
import Synchronization

/// The last events of each process of a run before something did not hold, to be told with it.
final class LastEvents: Sendable {
  struct Event: Sendable {
    /// A device's nickname or `cloud`; nil of the scenario's steps.
    let who: String?
    let milliseconds: Int64
    let words: String
  }

  private struct State {
    var events: [Event] = []
    var counts: [String?: Int] = [:]
    var hasFailed = false
  }

  /// Of each.
  private static let countOfEach = 12

  private let started = ContinuousClock.now
  private let state = Mutex(State())

  func note(_ event: LabEvent) {
    switch event {
    case .stage(let text), .note(let text): self.add(nil, text)
    case .journal(let process, let entry):
      guard let words = JournalWords.words(for: entry) else { return }
      self.add(process, words)
    case .verdict(let verdict):
      if !verdict.held { self.state.withLock { $0.hasFailed = true } }
    case .devices, .kept: break
    }
  }

  /// In their order.
  var all: [Event] { self.state.withLock { $0.events } }

  private func add(_ who: String?, _ words: String) {
    let milliseconds = (ContinuousClock.now - self.started).milliseconds
    self.state.withLock { state in
      guard !state.hasFailed else { return }
      state.events.append(Event(who: who, milliseconds: milliseconds, words: words))
      guard state.counts[who, default: 0] == Self.countOfEach else {
        state.counts[who, default: 0] += 1
        return
      }
      // Each for itself: what one does often must not push out the others.
      if let oldest = state.events.firstIndex(where: { $0.who == who }) {
        state.events.remove(at: oldest)
      }
    }
  }

  /// Those of the devices that a failure names, or of all when it names none; of the cloud and the
  /// steps in either case.
  static func words(
    of events: [Event], concerning failure: String, in scenario: Scenario
  ) -> [String] {
    let named = Set(failure.split { !$0.isOfName }.map(String.init))
    let concerned = scenario.devices.map(\.nickname).filter { named.contains($0) }
    return events.filter { event in
      guard let who = event.who, who != "cloud", !concerned.isEmpty else { return true }
      return concerned.contains(who)
    }.map { event in
      let tenths = event.milliseconds / 100
      let seconds = "\(tenths / 10).\(tenths % 10)"
      let padding = String(repeating: " ", count: max(0, 12 - seconds.count))
      return "\(padding)\(seconds) s  \(event.who ?? "lab")  \(event.words)"
    }
  }
}

extension Character {
  fileprivate var isOfName: Bool {
    self.isASCII && (self.isLetter || self.isNumber || self == "-" || self == "_")
  }
}
