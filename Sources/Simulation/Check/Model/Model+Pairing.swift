import CloudCore
import DeviceProtocol

extension Model {
  mutating func pair(
    _ text: String, kind: DeviceKind, _ exchange: ObservedExchange
  ) throws(Violation) {
    guard let id = exchange.certificate, self.devices[id].map({ $0.kind == kind }) ?? true else {
      try self.require(
        .invalidClient("it needs the certificate of a device of this kind"), exchange.answer,
        to: "a pairing", concerns: exchange.certificate.map { [$0.text] } ?? [])
      return
    }
    guard let token = self.pairingTokens[text],
      !self.sweeps.dropped(expiresAt: token.expiresAt, order: token.order)
    else {
      try self.require(
        Refusal(400, "pairing_token_unknown", rule: 5, "there is no such pairing token"),
        exchange.answer, to: "the pairing of \(id.text)", concerns: [id.text])
      return
    }
    let concerns = [id.text, self.email(token.account)]
    let isRetry = token.usedBy == id && self.isUnusedAndAlive(token.session, at: exchange.at)
    if let refusal = self.refusal(of: token, for: id, isRetry: isRetry, at: exchange.at) {
      try self.require(
        refusal, exchange.answer, to: "the pairing of \(id.text)", concerns: concerns)
      return
    }
    if case .refused(400, "pairing_token_used") = exchange.answer, token.usedBy != nil, !isRetry {
      // By the documents: see `mayBringBack`.
      return
    }
    guard let grant = Grant(exchange.answer) else {
      throw self.mismatch(
        exchange.answer,
        to: isRetry ? "a pairing again whose answer may have been lost" : "a pairing",
        rule: isRetry ? 3 : 6, concerns: concerns)
    }
    self.bind(id, kind: kind, by: token)
    let holder = Holder(kind: ClientKind(kind), account: token.account, device: id, rule: 5)
    let session = try self.open(grant, for: holder, at: exchange.at)
    self.devices[id]?.session = session
    self.pairingTokens[text]?.usedBy = id
    self.pairingTokens[text]?.session = session
  }

  mutating func relink(_ exchange: ObservedExchange) throws(Violation) {
    guard let id = exchange.certificate else {
      try self.require(
        .invalidClient("a device has to show its certificate"), exchange.answer, to: "a relink",
        concerns: [])
      return
    }
    guard let device = self.devices[id], let owner = device.owner else {
      try self.require(
        Refusal(400, "not_bound", rule: 5, "it has no owner"), exchange.answer,
        to: "the relink of \(id.text)", concerns: [id.text])
      return
    }
    let concerns = [id.text, self.email(owner)]
    if let refusal = self.refusal(
      ofRelink: device.relinkPolicy, owner: owner, at: exchange.at)
    {
      try self.require(
        refusal, exchange.answer, to: "the relink of \(id.text)", concerns: concerns)
      return
    }
    guard let grant = Grant(exchange.answer) else {
      throw self.mismatch(
        exchange.answer, to: "the relink of \(id.text)", rule: 6, concerns: concerns)
    }
    self.end(device.session, as: .replaced)
    let holder = Holder(kind: ClientKind(device.kind), account: owner, device: id, rule: 11)
    let session = try self.open(grant, for: holder, at: exchange.at)
    self.devices[id]?.session = session
  }

  private func refusal(
    ofRelink policy: RelinkPolicy, owner: AccountID, at now: UnixMilliseconds
  ) -> Refusal? {
    switch policy {
    case .silent: nil
    case .owner:
      self.isLoggedIn(owner, at: now)
        ? nil : Refusal(400, "authorization_pending", rule: 1, "its owner was not logged in")
    case .pair: Refusal(400, "pairing_required", rule: 1, "it has to be paired again")
    }
  }

  /// Nil if it must be accepted, or may be.
  private func refusal(
    of token: PairingTokenRow, for id: DeviceID, isRetry: Bool, at now: UnixMilliseconds
  ) -> Refusal? {
    var refusals: [Refusal] = []
    if let user = token.usedBy, !isRetry, !self.mayBringBack(id, token, at: now) {
      refusals.append(
        Refusal(
          400, "pairing_token_used", rule: 5,
          user == id
            ? "what it gave had been used or was dead" : "another device had used the token"))
    }
    if token.isCutOff || self.isOver(token.maker, at: now) {
      refusals.append(
        Refusal(
          400, "pairing_token_expired", rule: 1,
          "the app that made the token had been logged out"))
    } else if now >= token.expiresAt {
      refusals.append(
        Refusal(400, "pairing_token_expired", rule: 5, "the token had expired"))
    }
    if let owner = self.devices[id]?.owner, owner != token.account,
      self.settings.binding == .strong
    {
      refusals.append(
        Refusal(400, "already_bound", rule: 5, "another account owned the device"))
    }
    guard var refusal = refusals.first else { return nil }
    if token.usedBy != nil, !isRetry { refusal.words.append("pairing_token_used") }
    for other in refusals.dropFirst() { refusal.words += other.words }
    return refusal
  }

  /// Whether the answer that gave the session may have been lost.
  private func isUnusedAndAlive(_ session: Int?, at now: UnixMilliseconds) -> Bool {
    guard let session else { return false }
    return self.isAlive(session, at: now) && self.sessions[session].usedCount == 0
  }

  /// Whether the session has died as a whole. A logout by time that hit its live refresh token alone
  /// kills no more than was minted before that time.
  private func isOver(_ index: Int, at now: UnixMilliseconds) -> Bool {
    let session = self.sessions[index]
    return session.isLoggedOut || session.end != nil || self.isExpired(index, at: now)
  }

  /// By the documents a used token is good again only while the credentials that *it* gave are good
  /// and unused. The cloud takes the device's newest credentials for those, which differ once the
  /// device has been given others by a relink or another pairing token of the same owner. Nobody is
  /// harmed, so either answer is taken.
  private func mayBringBack(
    _ id: DeviceID, _ token: PairingTokenRow, at now: UnixMilliseconds
  ) -> Bool {
    guard token.usedBy == id, let device = self.devices[id], device.owner == token.account else {
      return false
    }
    return self.isUnusedAndAlive(device.session, at: now)
  }

  private mutating func bind(_ id: DeviceID, kind: DeviceKind, by token: PairingTokenRow) {
    var device =
      self.devices[id] ?? DeviceRow(kind: kind, owner: nil, relinkPolicy: token.relinkPolicy)
    if device.owner == token.account {
      self.end(device.session, as: .replaced)
    } else {
      self.end(device.session, as: .rebound)
      if let former = device.owner { self.accounts[former]?.devices.removeAll { $0 == id } }
      self.accounts[token.account]?.devices.append(id)
      device.owner = token.account
      device.recordings = []
    }
    device.relinkPolicy = token.relinkPolicy
    self.devices[id] = device
  }

  mutating func unbind(_ id: DeviceID) {
    guard let device = self.devices[id] else { return }
    self.end(device.session, as: .unbound)
    if let former = device.owner { self.accounts[former]?.devices.removeAll { $0 == id } }
    self.devices[id]?.owner = nil
    self.devices[id]?.session = nil
    self.devices[id]?.recordings = []
  }
}
