import CloudCore
import DeviceProtocol
import Simulation

extension RealRun {
  func steal(from holder: Action.TokenHolder, as name: String) async throws {
    switch holder {
    case .owner(let email):
      guard let tokens = try await self.lab.app(of: email).heldTokens else {
        throw LabError(.unexpectedAnswer, "\(email) has no tokens to steal")
      }
      self.thieves.copies[name] = .app(email: email, tokens)
      self.note("a thief copies \(email)'s tokens: \(name)")
    case .device(let nickname):
      let path = try await self.lab.copyFlash(of: nickname, as: name)
      self.thieves.copies[name] = .flash(nickname: nickname, path: path)
      self.note("a thief copies \(nickname)'s flash: \(name)")
    }
  }

  func replay(
    _ name: String, atOnce: Int, expecting answer: Action.ReplayAnswer?, line: Int?
  ) async throws {
    switch self.thieves.copies[name] {
    case nil:
      throw LabError(.file, "nothing was stolen as '\(name)'")
    case .app(let email, let tokens)?:
      try await self.replay(
        name, tokens, of: email, atOnce: atOnce, expecting: answer, line: line)
    case .flash(let nickname, let path)?:
      try await self.replay(name, flashOf: nickname, path: path, expecting: answer, line: line)
    }
  }

  private func replay(
    _ name: String, _ tokens: OwnerApp.Tokens, of email: String, atOnce: Int,
    expecting expected: Action.ReplayAnswer?, line: Int?
  ) async throws {
    let app = try await self.lab.app(of: email)
    let answers = try await app.present(refreshToken: tokens.refreshToken, atOnce: atOnce)
    for stolen in answers.compactMap(\.tokens) {
      self.expected.secrets.formUnion([stolen.accessToken, stolen.refreshToken])
    }
    for answer in answers { self.count(answer.verdict, expecting: expected) }
    if atOnce > 1 {
      self.judge(
        "\(atOnce) refreshes of \(name) at once have one successor, and no answer but 200 or 400",
        line: line, rule: 2,
        holds: answers.haveOneSuccessor(under: self.scenario.cloud.policy(of: .app)),
        else: answers.inWords)
    }
    guard let expected else {
      self.note("\(name) is answered \(answers.map(\.verdict.inWords).inWords)")
      return
    }
    // Of several at once the first may have killed the session for the others.
    let isRefresh = answers.contains { expected.isMet(by: $0.verdict) }
    let policy = self.scenario.cloud.policy(of: .app)
    guard let accessReason = expected.reasonForAccessToken(under: policy) else {
      self.judge(
        "a refresh with \(name) is answered \(expected.words)", line: line, rule: expected.rule,
        holds: isRefresh, else: answers.map(\.verdict.inWords).inWords)
      return
    }
    let access = try await app.present(accessToken: tokens.accessToken)
    self.count(access, expecting: expected)
    self.judge(
      "a refresh with \(name) is answered \(expected.words), and its access token is dead",
      line: line, rule: expected.rule,
      holds: isRefresh && access.isRefused(reason: accessReason),
      else:
        "refresh \(answers.map(\.verdict.inWords).inWords), access token \(access.inWords)")
  }

  /// A second device runs from the copy.
  private func replay(
    _ name: String, flashOf nickname: String, path: String,
    expecting expected: Action.ReplayAnswer?, line: Int?
  ) async throws {
    let clone = try await self.lab.startClone(of: nickname, flashCopy: path)
    let entry = try? await clone.journal.wait(
      for: "the answer to its refresh", since: Journal.beginning, within: .seconds(10)
    ) { $0.event == "request" && $0.text("name") == "refresh" && $0.text("outcome") != "sent" }
    await clone.process.stop()
    try Task.checkCancellation()
    let verdict = entry.flatMap(OwnerApp.Verdict.init(refresh:))
    if verdict == .accepted { self.expected.robbed.insert(nickname) }
    // A replay may kill the session.
    if expected != .loggedOut { self.allowLogout(of: [nickname]) }
    if let verdict { self.count(verdict, expecting: expected) }
    guard let expected else {
      self.note("\(name) is answered: \(verdict?.inWords ?? "not at all")")
      return
    }
    self.judge(
      "a copy of \(nickname)'s flash, \(name), is answered \(expected.words)", line: line,
      rule: expected.rule, holds: verdict.map(expected.isMet) ?? false,
      else: verdict?.inWords ?? entry?.line ?? "it was not answered within 10 s")
  }

  private func count(_ verdict: OwnerApp.Verdict, expecting expected: Action.ReplayAnswer?) {
    self.thieves.count.requests += 1
    switch verdict {
    case .refused:
      self.thieves.count.deadTokenRequests += 1
      if verdict.isRefused(reason: "replayed") { self.thieves.count.replays += 1 }
    case .accepted where expected != nil && expected != .accepted:
      self.thieves.count.deadTokenRequests += 1
      self.thieves.count.deadTokensAccepted += 1
    case .accepted:
      break
    }
  }
}

extension Action.ReplayAnswer {
  fileprivate func isMet(by verdict: OwnerApp.Verdict) -> Bool {
    self == .accepted ? verdict == .accepted : verdict.isRefused(reason: self.rawValue)
  }

  fileprivate var words: String { self == .accepted ? "with tokens" : "'\(self.rawValue)'" }

  /// What an access token of the same session must be refused with; nil if nothing is known of it.
  fileprivate func reasonForAccessToken(under policy: TokenPolicy) -> String? {
    switch self {
    case .accepted, .tokenUnknown, .superseded, .sessionExpired: nil
    case .loggedOut: "logged_out"
    case .replayed, .sessionEnded:
      // Where a theft ends refresh tokens alone, access tokens live on.
      policy.reaction == .refreshTokens ? nil : "session_ended"
    }
  }

  fileprivate var rule: Int? {
    switch self {
    case .accepted, .tokenUnknown, .superseded, .sessionExpired: nil
    case .loggedOut: 1
    case .replayed, .sessionEnded: 4
    }
  }
}

extension OwnerApp.Verdict {
  /// Of a line of a device's journal; nil when there was no answer.
  fileprivate init?(refresh entry: JournalEntry) {
    switch entry.text("outcome") {
    case "ok": self = .accepted
    case "refused":
      self = .refused(
        status: Int(entry.integer("status") ?? 0), error: "invalid_grant",
        reason: entry.text("detail"))
    default: return nil
    }
  }
}
