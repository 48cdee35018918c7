import Simulation

extension RealRun {
  func judgeClaims() async throws {
    guard !self.scenario.claims.isEmpty else { return }
    self.stage("What is claimed of the whole run")
    for claim in self.scenario.claims {
      let (failure, figures) = try await self.judge(claim)
      self.judge(
        Verdict(line: claim.line, claim: claim.inWords, failure: failure, figures: figures))
    }
  }

  /// What a claim counts over; nil stands for the beginning and for the end.
  private struct Window {
    var since: Moment?
    var until: Moment?
  }

  /// What is not as claimed, and the figures, from the least to the most.
  private func judge(_ claim: Claim) async throws -> (
    failure: String?, figures: ClosedRange<Int>?
  ) {
    guard case .counter(let counter) = claim.quantity else {
      return ("the real way does not measure this", nil)
    }
    let window = Window(
      since: try self.moment(claim.since), until: try self.moment(claim.until))
    let numbers = try await self.numbers(of: counter, for: claim.of, in: window)
    let figures = ClosedRange(spanning: numbers.map(\.number))
    let others = numbers.filter { !claim.bound.holds(for: $0.number) }
    guard !others.isEmpty else { return (nil, figures) }
    return (others.map { "\($0.name): \($0.number)" }.joined(separator: "; "), figures)
  }

  private func moment(_ name: String?) throws(LabError) -> Moment? {
    guard let name else { return nil }
    guard let moment = self.marks[name] else {
      throw LabError(.file, "there is no mark called '\(name)'")
    }
    return moment
  }

  /// One for each that the claim is about; one for everybody together.
  private func numbers(
    of counter: Claim.Counter, for subject: Claim.Subject, in window: Window
  ) async throws -> [(name: String, number: Int)] {
    var numbers: [(name: String, number: Int)] = []
    switch subject {
    case .everybody:
      var sum = self.countThefts(counter, in: window)
      for nickname in self.scenario.devices.map(\.nickname) {
        sum += try await self.count(counter, of: nickname, in: window)
      }
      for email in self.scenario.owners.map(\.email) {
        sum += try await self.count(counter, ofOwner: email, in: window)
      }
      numbers.append(("everybody", sum))
    case .devices(let selection):
      for nickname in self.scenario.nicknames(of: selection) {
        numbers.append((nickname, try await self.count(counter, of: nickname, in: window)))
      }
    case .links: break
    case .owner(let email):
      numbers.append((email, try await self.count(counter, ofOwner: email, in: window)))
    }
    return numbers
  }

  private func count(
    _ counter: Claim.Counter, of nickname: String, in window: Window
  ) async throws -> Int {
    let journal = try await self.lab.device(nickname).journal
    let (start, end) = (window.since?.journals[nickname], window.until?.journals[nickname])
    let entries = await journal.entries(since: start ?? Journal.beginning, until: end)
    // Of some things what came before decides what counts.
    let before =
      if let start { await journal.entries(since: Journal.beginning, until: start) } else {
        ArraySlice<JournalEntry>()
      }
    switch counter {
    case .deadTokensAccepted:
      return self.deadTokenUses(in: Array(before + entries), of: nickname).count
        - self.deadTokenUses(in: before, of: nickname).count
    case .sessions:
      return counter.count(in: entries) + (before.endsInSession ? 1 : 0)
    default:
      return counter.count(in: entries)
    }
  }

  private func count(
    _ counter: Claim.Counter, ofOwner email: String, in window: Window
  ) async throws -> Int {
    let counted = try await self.lab.app(of: email).counted
    let start = window.since?.apps[email] ?? 0
    let entries = counted.prefix(window.until?.apps[email] ?? counted.count).dropFirst(start)
    guard counter == .sessions else { return entries.filter { $0 == counter }.count }
    let before = counted.prefix(start).last { $0 == .logins || $0 == .logouts }
    return entries.filter { $0 == .logins }.count + (before == .logins ? 1 : 0)
  }

  private func countThefts(_ counter: Claim.Counter, in window: Window) -> Int {
    let first = window.since?.theft ?? Thieves.Count()
    let last = window.until?.theft ?? self.thieves.count
    return switch counter {
    case .requests: last.requests - first.requests
    case .deadTokenRequests: last.deadTokenRequests - first.deadTokenRequests
    case .deadTokensAccepted: last.deadTokensAccepted - first.deadTokensAccepted
    case .replays: last.replays - first.replays
    default: 0
    }
  }
}
