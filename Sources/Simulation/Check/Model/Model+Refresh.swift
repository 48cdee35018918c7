import CloudCore
import DeviceProtocol

extension Model {
  mutating func refresh(
    _ text: String, kind: ClientKind, _ exchange: ObservedExchange
  ) throws(Violation) {
    guard let token = self.refreshTokens[text] else {
      let refusal = self.refusal(ofClient: kind, exchange.certificate) ?? .unknownRefreshToken
      try self.require(refusal, exchange.answer, to: "a refresh token", concerns: [])
      return
    }
    let index = token.session
    let account = self.sessions[index].account
    if self.isForgotten(index, by: exchange.answer) { return }
    if let refusal = self.refusal(
      of: token, kind: kind, certificate: exchange.certificate, at: exchange.at)
    {
      try self.require(
        refusal, exchange.answer, to: "a refresh token of \(self.name(ofSession: index))",
        concerns: self.concerns(ofSession: index))
      if refusal.isReplay { self.react(toReplayIn: index) }
      self.accounts[account]?.sawReplay = true
      return
    }
    guard let grant = Grant(exchange.answer) else {
      throw self.mismatch(
        exchange.answer, to: "a good refresh token of \(self.name(ofSession: index))",
        rule: self.ruleWhenThrownOut(account, by: exchange.answer),
        concerns: self.concerns(ofSession: index))
    }
    try self.checkHolder(
      of: grant,
      is: Holder(
        kind: kind, account: account, device: self.sessions[index].device, rule: 11))
    if let id = grant.session, let known = self.sessionsByID[id], known != index {
      throw self.violation(2, "was given another session by a refresh", index)
    }
    try self.take(
      grant, for: text, of: index, worth: self.worth(of: token, at: exchange.at), exchange.at)
  }

  private mutating func take(
    _ grant: Grant, for presented: String, of index: Int, worth: Worth, _ now: UnixMilliseconds
  ) throws(Violation) {
    switch worth {
    // Whoever presents the live token holds it.
    case .successor:
      self.sessions[index].usedCount = self.sessions[index].refreshTokens.count
      try self.addRefreshToken(grant, to: index, at: now)
    case .itself:
      self.sessions[index].usedCount = self.sessions[index].refreshTokens.count
      guard grant.refresh == presented else {
        throw self.violation(2, "was given another refresh token than the one that it keeps", index)
      }
      self.sessions[index].rotatedAt = now
    case .anotherSuccessor:
      try self.replaceRefreshToken(grant, of: index, at: now)
    case .sameSuccessor, .superseded, .replay:
      guard grant.refresh == self.sessions[index].refreshTokens.last else {
        throw self.violation(2, "was given a second successor of one refresh token", index)
      }
    }
    try self.addAccessToken(grant, of: index, at: now)
  }

  /// Why a refresh token must be refused now; nil if it must be answered with tokens.
  func refusal(
    of token: RefreshTokenRow, kind: ClientKind, certificate: DeviceID?, at now: UnixMilliseconds
  ) -> Refusal? {
    if let refusal = self.refusal(ofClient: kind, certificate) { return refusal }
    let session = self.sessions[token.session]
    guard session.kind == kind, session.device == nil || session.device == certificate else {
      return Refusal(400, "token_unknown", rule: 1, "another client or certificate presented it")
    }
    let isExpired = self.isExpired(token.session, at: now)
    if var refusal = self.refusal(
      ofSession: token.session, status: 400, isCutOff: token.isCutOff)
    {
      if isExpired { refusal.words.append("session_expired") }
      return refusal
    }
    if isExpired {
      return Refusal(400, "session_expired", rule: 1, "its session's life was over")
    }
    switch self.worth(of: token, at: now) {
    case .successor, .sameSuccessor, .anotherSuccessor, .itself: return nil
    case .superseded:
      return Refusal(400, "superseded", rule: 2, "another had taken its place")
    case .replay(let cause): return .replayed(cause)
    }
  }

  private func refusal(ofClient kind: ClientKind, _ certificate: DeviceID?) -> Refusal? {
    switch kind {
    case .camera, .scale:
      certificate == nil ? .invalidClient("a device has to show its certificate") : nil
    case .app, .alexa, .google, .ifttt: nil
    }
  }

  /// RFC 7009: a good token of this client ends its session, one of another client is refused (§2.1),
  /// and nothing becomes of any other (§2.2).
  mutating func revoke(
    _ text: String, kind: ClientKind, _ exchange: ObservedExchange
  ) throws(Violation) {
    let concerns = exchange.certificate.map { [$0.text] } ?? []
    if let refusal = self.refusal(ofClient: kind, exchange.certificate) {
      try self.require(refusal, exchange.answer, to: "a revocation", concerns: concerns)
      return
    }
    let index = self.refreshTokens[text]?.session ?? self.accessTokens[text]?.session
    let isOwn = index.map {
      self.sessions[$0].kind == kind
        && (self.sessions[$0].device == nil || self.sessions[$0].device == exchange.certificate)
    }
    if let index, isOwn == false, !self.sessions[index].mayBeLost {
      let refusal = Refusal(
        400, "token_unknown", rule: 1, "another client or certificate presented it")
      try self.require(refusal, exchange.answer, to: "a revocation", concerns: concerns)
      return
    }
    guard case .done = exchange.answer else {
      throw self.mismatch(exchange.answer, to: "a revocation", rule: 1, concerns: concerns)
    }
    if let index, isOwn == true { self.end(index, as: .revoked) }
  }
}

extension Model.Refusal {
  fileprivate static var unknownRefreshToken: Model.Refusal {
    Model.Refusal(400, "token_unknown", rule: 1, "no such token was ever given")
  }

  fileprivate static func replayed(_ cause: String) -> Model.Refusal {
    Model.Refusal(400, "replayed", rule: 4, cause)
  }

  fileprivate var isReplay: Bool { self.words == ["replayed"] }
}
