import CloudCore
import DeviceProtocol

// Numbers over a run, or a part of it.

extension World {
  mutating func judgeClaims() {
    for claim in self.scenario.claims {
      let (failures, figures) = self.judge(claim)
      self.outcome.verdicts.append(
        Verdict(
          line: claim.line, claim: claim.inWords, failure: Self.summary(of: failures),
          figures: figures))
    }
  }

  /// Nil for none; of a fleet's millions only some are named.
  private static func summary(of failures: [String]) -> String? {
    guard failures.count > 20 else {
      return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }
    return failures.prefix(20).joined(separator: "; ") + "; and \(failures.count - 20) more"
  }

  /// What is not as claimed, and the figures, from the least to the most.
  private func judge(_ claim: Claim) -> (failures: [String], figures: ClosedRange<Int>?) {
    guard let (since, until) = self.span(of: claim) else {
      return (["the run never came to its mark"], nil)
    }
    let number: Int?
    switch claim.quantity {
    case .counter(let counter):
      let counted = self.counted(counter, claim, since: since, until: until)
      let failures = counted.compactMap {
        claim.bound.holds(for: $0.number) ? nil : "\($0.who): \($0.number)"
      }
      return (failures, ClosedRange(spanning: counted.map(\.number)))
    case .peakPercent: number = self.storm.peakPercent(since: since?.storm)
    case .peakPerSecond: number = self.storm.peak(since: since?.storm)
    case .secondsUntilBack(let percent):
      number = self.storm.secondsUntilBack(percent: percent, since: since?.storm)
      // It took longer than was waited for it.
      let waited = Int((self.now - (since?.time ?? 0)) / 1_000)
      if number == nil, case .atLeast(let least) = claim.bound, waited >= least { return ([], nil) }
    case .percentBack(let time):
      number = self.storm.percentBack(within: time.wholeMilliseconds, of: since?.storm)
    case .percentOfOwnersBack(let time):
      number = self.owners.percentBack(within: time.wholeMilliseconds, of: since?.time)
    case .mostRequestsPerDevice: number = self.storm.mostRequests(since: since?.storm)
    }
    guard let number else { return (["it never came to that"], nil) }
    return (claim.bound.holds(for: number) ? [] : ["it was \(number)"], number...number)
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
    case .links:
      let total = self.linkIndices.reduce(0) { $0 + number(of: self.appClients + $1) }
      return [("the links", total)]
    case .owner(let email):
      return self.apps(of: .named([email])).map { (email, number(of: self.appClients + $0)) }
    }
  }
}
