import CloudCore
import DeviceProtocol
import Simulation

extension RealRun {
  /// What processes have for what a simulation does at once.
  private static let grace: Duration = .seconds(2)
  private static let pollInterval: Duration = .milliseconds(100)
  private static let ownerIsLoggedOut = "has an owner who is logged out"

  func expect(_ expectation: Expectation, line: Int?) async throws {
    let clock = ContinuousClock()
    let started = clock.now
    var seen = await self.whatIsOtherwise(expectation)
    switch expectation.time {
    case .now, .within:
      let limit: Duration =
        if case .within(let limit) = expectation.time { limit } else { Self.grace }
      while !seen.isEmpty, clock.now - started < limit {
        try await Task.sleep(for: Self.pollInterval)
        seen = await self.whatIsOtherwise(expectation)
      }
    case .throughout(let time):
      while seen.isEmpty, clock.now - started < time {
        try await Task.sleep(for: min(Self.pollInterval, time - (clock.now - started)))
        seen = await self.whatIsOtherwise(expectation)
      }
      if !seen.isEmpty { seen.append("after \((clock.now - started).milliseconds) ms") }
    }
    try Task.checkCancellation()
    // That nobody may look is no fault of what was recorded.
    let isHidden = seen.contains { $0.hasSuffix(Self.ownerIsLoggedOut) }
    self.judge(
      expectation.inWords, line: line, rule: isHidden ? nil : expectation.rule,
      holds: seen.isEmpty,
      else: seen.joined(separator: ", "))
  }

  /// Empty if all is as expected.
  private func whatIsOtherwise(_ expectation: Expectation) async -> [String] {
    do {
      return switch expectation.subject {
      case .devices(let selection):
        try await self.whatIsOtherwise(
          expectation.conditions, of: self.scenario.nicknames(of: selection))
      case .owners(let selection):
        try await self.whatIsOtherwise(
          expectation.conditions, ofOwners: self.scenario.emails(of: selection))
      }
    } catch {
      return ["\(error)"]
    }
  }

  private func whatIsOtherwise(
    _ conditions: [Expectation.Condition], of nicknames: [String]
  ) async throws -> [String] {
    let statuses: [String: DeviceStatus]? =
      conditions.contains(where: \.asksTheCloud)
      ? Dictionary(
        uniqueKeysWithValues: try await self.statuses().map { ($0.nickname, $0.status) }) : nil
    var seen: [String] = []
    for nickname in nicknames {
      for condition in conditions {
        let otherwise = try await self.whatIsOtherwise(
          condition, of: nickname, status: statuses?[nickname])
        if let otherwise { seen.append("\(nickname) \(otherwise)") }
      }
    }
    return seen
  }

  /// What follows the nickname; nil if the condition holds.
  private func whatIsOtherwise(
    _ condition: Expectation.Condition, of nickname: String, status: DeviceStatus?
  ) async throws -> String? {
    switch condition {
    case .state(let expected):
      guard let state = try await self.state(of: nickname) else { return "has no power" }
      guard state == expected else { return "is \(state.inWords)" }
      guard expected == .online, status?.online != true else { return nil }
      return "has no open stream, says the cloud"
    case .binding(let expected):
      let owner = status?.accountEmail
      return owner == expected ? nil : "belongs to \(owner ?? "nobody")"
    case .session(let expected):
      let session = status?.session ?? DeviceSessionState.none.rawValue
      return session == expected.rawValue ? nil : "has a session that is \(session)"
    case .payload(let expected):
      let result = try await self.result(
        "payload", of: nickname, since: self.shown[nickname] ?? Journal.beginning,
        as: JournalPayloadResult.self)
      return result == expected ? nil : "found its payload \(result?.inWords ?? "not at all")"
    case .wifi(let expected):
      let result = try await self.result(
        "wifi", of: nickname, since: Journal.beginning, as: JournalWiFiResult.self)
      return result == expected ? nil : "has Wi-Fi: \(result?.inWords ?? "never tried")"
    case .recordings, .everythingRecorded:
      // They are what the owner sees.
      if let owner = status?.accountEmail, try await !self.lab.app(of: owner).isLoggedIn() {
        return Self.ownerIsLoggedOut
      }
      guard case .recordings(let expected) = condition else {
        return try await self.whatIsNotRecorded(of: nickname, status: status)
      }
      let sequences = try await self.recordings(of: nickname, status: status)
      return sequences.count == expected ? nil : "has \(sequences.count) recordings"
    case .settled:
      throw LabError(.unsupported, "the real way cannot tell what is settled")
    case .loggedIn:
      throw LabError(.file, "a device is not logged in; its session is live")
    }
  }

  private func result<Word: WireWord>(
    _ event: String, of nickname: String, since mark: Journal.Mark, as _: Word.Type
  ) async throws -> Word? {
    try await self.lab.device(nickname).journal.entries(since: mark)
      .last { $0.event == event }?.text("result").flatMap { Word(Array($0.utf8)) }
  }

  private func whatIsOtherwise(
    _ conditions: [Expectation.Condition], ofOwners emails: [String]
  ) async throws -> [String] {
    var seen: [String] = []
    for email in emails {
      for condition in conditions {
        guard case .loggedIn(let expected) = condition else {
          throw LabError(.file, "of an owner only 'logged_in' can be expected")
        }
        let isLoggedIn = try await self.lab.app(of: email).isLoggedIn()
        guard isLoggedIn != expected else { continue }
        seen.append("\(email) is logged \(isLoggedIn ? "in" : "out")")
      }
    }
    return seen
  }
}

extension Expectation {
  /// Of "Always true", where one is just what is expected.
  fileprivate var rule: Int? { self.conditions.contains(.everythingRecorded) ? 8 : nil }
}

extension Expectation.Condition {
  fileprivate var asksTheCloud: Bool {
    switch self {
    case .state(.online), .binding, .session, .recordings, .everythingRecorded: true
    case .state, .payload, .wifi, .settled, .loggedIn: false
    }
  }
}
