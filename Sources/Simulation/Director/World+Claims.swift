import CloudCore
import DeviceProtocol

// Numbers over a run, or a part of it.

extension World {
  mutating func judgeClaims() {
    for claim in self.scenario.claims {
      let failures = self.failures(of: claim)
      self.outcome.verdicts.append(
        Verdict(
          line: claim.line, claim: claim.inWords,
          failure: failures.isEmpty ? nil : failures.joined(separator: "; ")))
    }
  }

  private func failures(of claim: Claim) -> [String] {
    guard let (since, until) = self.span(of: claim) else {
      return ["the run never came to its mark"]
    }
    switch claim.quantity {
    case .counter(let counter):
      return self.counted(counter, claim, since: since, until: until).compactMap {
        claim.bound.holds(for: $0.number) ? nil : "\($0.who): \($0.number)"
      }
    case .peakPercent:
      return self.judge(self.storm.peakPercent(since: since?.storm), claim.bound)
    case .secondsUntilBack(let percent):
      return self.judge(
        self.storm.secondsUntilBack(percent: percent, since: since?.storm), claim.bound,
        waited: Int((self.now - (since?.time ?? 0)) / 1_000))
    case .mostRequestsPerDevice:
      return self.judge(self.storm.mostRequests(since: since?.storm), claim.bound)
    }
  }

  /// - Parameter waited: Seconds that were waited for it to come to that; it took longer if it did
  ///   not.
  private func judge(_ number: Int?, _ bound: Claim.Bound, waited: Int = 0) -> [String] {
    guard let number else {
      if case .atLeast(let least) = bound, waited >= least { return [] }
      return ["it never came to that"]
    }
    return bound.holds(for: number) ? [] : ["it was \(number)"]
  }

  private func span(of claim: Claim) -> (since: Director.Mark?, until: Director.Mark?)? {
    func mark(_ name: String) -> Director.Mark? {
      self.director.marks.last { $0.name == name }
    }
    let since = claim.since.map(mark)
    let until = claim.until.map(mark)
    // A mark that was never reached.
    if case .some(.none) = since { return nil }
    if case .some(.none) = until { return nil }
    return (since ?? nil, until ?? nil)
  }

  private func counted(
    _ counter: Claim.Counter, _ claim: Claim, since: Director.Mark?, until: Director.Mark?
  ) -> [(who: String, number: Int)] {
    // A session that lasted when the span began is one that the client had in it.
    func number(of client: Int) -> Int {
      let before = since.map {
        $0.counters.number(counter, of: client) - $0.counters.lasting(counter, of: client)
      }
      return (until?.counters ?? self.counters).number(counter, of: client) - (before ?? 0)
    }
    switch claim.of {
    case .everybody:
      let before = since.map { $0.counters.total(counter) - $0.counters.totalLasting(counter) }
      return [
        ("everybody", (until?.counters ?? self.counters).total(counter) - (before ?? 0))
      ]
    case .devices(let selection):
      return self.indices(of: selection).map {
        (self.devices[$0].specification.nickname, number(of: $0))
      }
    case .owner(let email):
      return self.apps(of: .named([email])).map { (email, number(of: self.appClients + $0)) }
    }
  }
}
