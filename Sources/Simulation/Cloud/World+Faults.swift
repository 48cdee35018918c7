import CloudCore
import DeviceCore
import DeviceProtocol

// What a scenario's faults do to exchanges.

/// A fault of the scenario, with what has become of it.
struct ActiveFault {
  let fault: Fault
  /// Of its step in the scenario's file; nil for one of a part.
  let line: Int?
  var matched = 0
  var fired = 0
}

extension World {
  /// A fault that never struck tested nothing.
  mutating func judgeFaults() {
    for active in self.faults where !self.scenario.isDrawn {
      self.outcome.verdicts.append(
        Verdict(
          line: active.line,
          claim:
            "the fault of \(active.fault.exchange.rawValue) strikes (\(active.fault.harm.inWords))",
          failure: active.fired > 0
            ? nil : "it never did: \(active.matched) exchanges that it is about came"))
    }
    self.faults = []
  }

  /// The harm that this exchange meets, if it is a fault's turn.
  mutating func harm(to exchange: Exchange) -> Fault.Harm? {
    guard !self.faults.isEmpty, !exchange.isCopy else { return nil }
    var harm: Fault.Harm?
    for index in self.faults.indices where self.matches(self.faults[index].fault, exchange) {
      self.faults[index].matched += 1
      let active = self.faults[index]
      guard harm == nil, active.matched >= active.fault.nth, active.fired < active.fault.times
      else { continue }
      self.faults[index].fired += 1
      harm = active.fault.harm
    }
    if let harm {
      self.note(
        self.name(of: exchange.client), "fault",
        [("exchange", exchange.kind.rawValue), ("harm", harm.inWords)])
    }
    return harm
  }

  private func matches(_ fault: Fault, _ exchange: Exchange) -> Bool {
    guard fault.exchange == .any || fault.exchange == exchange.kind else { return false }
    switch (fault.of, exchange.client) {
    case (_, .thief), (_, .probe), (_, .nobody): return false
    case (.anybody, _): return true
    case (.devices(let selection), .device(let index, _)),
      (.devices(let selection), .stream(let index)):
      return self.selects(selection, index)
    case (.owner(let email), .app(let app)), (.owner(let email), .appStream(let app)):
      return self.apps[app].email == email
    case (.devices, _), (.owner, _): return false
    }
  }

  /// What is refused stays refused, with a body that says nothing. An answer without a body (204, or
  /// the redirect with a code) goes as it is, as the cloud's own faults leave it; instead of a stream, or
  /// of what only an app would read, a made-up body is spoilt.
  static func spoilt(
    _ end: Exchange.End, _ malformation: Fault.Malformation, ofStream isStream: Bool
  ) -> Exchange.End {
    guard case .answer(let handled) = end else { return end }
    switch handled.answer {
    case .code: return end
    case .done where !isStream: return end
    default: break
    }
    let response = Response(handled)
    guard response.status < 400 else {
      return .status(response.status, retryAfterSeconds: response.retryAfterSeconds)
    }
    let body = response.body.isEmpty ? Malformed.madeUp : response.body
    return .malformed(body: malformation.spoil(body))
  }
}
