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
    if let refusal = self.refusal(
      of: token, kind: kind, certificate: exchange.certificate, at: exchange.at)
    {
      try self.require(
        refusal, exchange.answer, to: "a refresh token of \(self.name(ofSession: index))",
        concerns: self.concerns(ofSession: index))
      if refusal.isReplay { self.end(index, as: .replayed) }
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
    if token.generation == self.sessions[index].refreshTokens.count - 1 {
      // Whoever presents a token holds it.
      self.sessions[index].usedCount = token.generation + 1
      try self.addRefreshToken(grant, to: index, at: exchange.at)
    } else if grant.refresh != self.sessions[index].refreshTokens.last {
      throw self.violation(2, "was given a second successor of one refresh token", index)
    }
    try self.addAccessToken(grant, of: index, at: exchange.at)
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
    if let refusal = self.refusal(ofSession: token.session, status: 400) { return refusal }
    let newest = session.refreshTokens.count - 1
    let isNewestUsed = session.usedCount > newest
    // A clock that jumped back says that no time has passed.
    let passed = now < session.rotatedAt ? 0 : now.value - session.rotatedAt.value
    switch token.generation {
    case newest: return nil
    case newest - 1
    where !isNewestUsed || passed <= self.settings.rotationWindowMilliseconds:
      return nil
    case newest - 1:
      return .replayed("its successor had been used, and the window was over")
    default:
      return .replayed("it had been replaced more than once")
    }
  }

  private func refusal(ofClient kind: ClientKind, _ certificate: DeviceID?) -> Refusal? {
    switch kind {
    case .camera, .scale:
      certificate == nil ? .invalidClient("a device has to show its certificate") : nil
    case .app, .alexa, .google, .ifttt: nil
    }
  }

  /// RFC 7009: whatever the token, the answer is 200; only a good one of this client's does
  /// anything.
  mutating func revoke(
    _ text: String, kind: ClientKind, _ exchange: ObservedExchange
  ) throws(Violation) {
    let concerns = exchange.certificate.map { [$0.text] } ?? []
    if let refusal = self.refusal(ofClient: kind, exchange.certificate) {
      try self.require(refusal, exchange.answer, to: "a revocation", concerns: concerns)
      return
    }
    guard case .done = exchange.answer else {
      throw self.mismatch(exchange.answer, to: "a revocation", rule: 1, concerns: concerns)
    }
    let index = self.refreshTokens[text]?.session ?? self.accessTokens[text]?.session
    guard let index, self.sessions[index].kind == kind,
      self.sessions[index].device == nil || self.sessions[index].device == exchange.certificate
    else { return }
    self.end(index, as: .revoked)
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
