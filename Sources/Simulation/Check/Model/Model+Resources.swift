import CloudCore
import DeviceProtocol

extension Model {
  /// A request with an access token.
  mutating func take(
    _ resource: ObservedRequest.Resource, with text: String, _ exchange: ObservedExchange
  ) throws(Violation) {
    let answer = exchange.answer
    guard let token = self.accessTokens[text] else {
      try self.require(
        Refusal(401, "token_unknown", rule: 1, "no such token was ever given"), answer,
        to: "an access token", concerns: exchange.certificate.map { [$0.text] } ?? [])
      return
    }
    let index = token.session
    let kind = self.sessions[index].kind
    if self.isForgotten(index, by: answer) { return }
    if let refusal = self.refusal(of: token, certificate: exchange.certificate, at: exchange.at) {
      if case .refused(403, "insufficient_scope") = answer, !resource.isFor(kind) { return }
      try self.require(
        refusal, answer, to: "an access token of \(self.name(ofSession: index))",
        concerns: self.concerns(ofSession: index))
      return
    }
    guard resource.isFor(kind) else {
      try self.require(
        Refusal(403, "insufficient_scope", rule: 5, "it is of the wrong kind of client"), answer,
        to: "an access token of \(self.name(ofSession: index))",
        concerns: self.concerns(ofSession: index))
      return
    }
    if case .refused(401, _) = answer {
      throw self.mismatch(
        answer, to: "a good access token of \(self.name(ofSession: index))",
        rule: self.ruleWhenThrownOut(self.sessions[index].account, by: answer),
        concerns: self.concerns(ofSession: index))
    }
    if self.sessions[index].usedCount <= token.generation {
      self.sessions[index].usedCount = token.generation + 1
    }
    try self.serve(resource, session: index, exchange)
  }

  /// Why an access token must be refused now; nil if it must be accepted.
  func refusal(
    of token: AccessTokenRow, certificate: DeviceID?, at now: UnixMilliseconds
  ) -> Refusal? {
    let session = self.sessions[token.session]
    var refusals: [Refusal] = []
    if let device = session.device, device != certificate {
      refusals.append(
        Refusal(401, "wrong_certificate", rule: 1, "it is bound to another certificate"))
    }
    if let refusal = self.refusal(
      ofSession: token.session, status: 401, isCutOff: token.isCutOff)
    {
      refusals.append(refusal)
    }
    if now >= token.expiresAt {
      refusals.append(Refusal(401, "expired", rule: 1, "it had expired"))
    } else if Self.time(300_000, after: now) < token.issuedAt {
      refusals.append(
        Refusal(401, "expired", rule: 1, "it was issued more than 5 minutes in the future"))
    }
    guard var refusal = refusals.first else { return nil }
    for other in refusals.dropFirst() { refusal.words += other.words }
    return refusal
  }

  private mutating func serve(
    _ resource: ObservedRequest.Resource, session index: Int, _ exchange: ObservedExchange
  ) throws(Violation) {
    let session = self.sessions[index]
    switch (resource, exchange.answer) {
    case (.events, .done), (.session, .done), (.heartbeat, .done): break
    case (.session, .session(let id, let kind, let account, let device)):
      try self.identify(index, as: id, kind: kind, account: account, device: device)
    case (.createPairingToken(let policy), .pairingToken(let text, let seconds)):
      try self.addPairingToken(
        text, expiresInSeconds: seconds, policy, by: index, at: exchange.at)
    case (.devices, .devices(let ids)):
      try self.check(ids, areAllOf: session.account)
    case (.motions(let id), let answer):
      try self.check(answer, lists: .camera, of: id, to: session.account)
    case (.measurements(let id), let answer):
      try self.check(answer, lists: .scale, of: id, to: session.account)
    case (.remove(let id), let answer):
      guard self.devices[id]?.owner == session.account else {
        try self.require(
          Refusal(404, "not_found", rule: 5, "it is not the caller's"), answer,
          to: "the removal of \(id.text)", concerns: [id.text, self.email(session.account)])
        return
      }
      guard case .done = answer else {
        throw self.mismatch(
          answer, to: "the removal of \(id.text)", rule: 7,
          concerns: [id.text, self.email(session.account)])
      }
      self.unbind(id)
    case (.unbind, .done):
      if let device = session.device { self.unbind(device) }
    case (.record(let recordings), let answer):
      try self.record(recordings, session: index, answer)
    case (_, let answer):
      throw self.mismatch(
        answer, to: "a request of \(self.name(ofSession: index))", rule: 6,
        concerns: self.concerns(ofSession: index))
    }
  }

  private mutating func identify(
    _ index: Int, as id: SessionID, kind: ClientKind, account: AccountID, device: DeviceID?
  ) throws(Violation) {
    let session = self.sessions[index]
    guard session.kind == kind, session.account == account, session.device == device,
      self.sessionsByID[id] == nil || self.sessionsByID[id] == index
    else { throw self.violation(5, "was taken for somebody else", index) }
    self.sessionsByID[id] = index
  }

  private mutating func addPairingToken(
    _ text: String, expiresInSeconds: UInt32, _ policy: RelinkPolicy?, by maker: Int,
    at now: UnixMilliseconds
  ) throws(Violation) {
    self.sweeps.note(at: now, order: self.order)
    guard expiresInSeconds == self.settings.pairingTokenSeconds else {
      throw self.violation(5, "was given a pairing token of another lifetime", maker)
    }
    let row = PairingTokenRow(
      account: self.sessions[maker].account, maker: maker, order: self.order, issuedAt: now,
      expiresAt: Self.time(UInt64(expiresInSeconds) * 1_000, after: now),
      relinkPolicy: policy ?? .owner)
    guard self.pairingTokens.updateValue(row, forKey: text) == nil else {
      throw self.violation(5, "was given a pairing token that there was before", maker)
    }
  }

  private func check(_ ids: [DeviceID], areAllOf account: AccountID) throws(Violation) {
    let own = self.accounts[account]?.devices ?? []
    let email = self.email(account)
    if let other = ids.first(where: { !own.contains($0) }) {
      throw Violation(
        rule: 5, seen: "\(email) was shown \(other.text), which is not theirs",
        concerns: [other.text, email])
    }
    if let missing = own.first(where: { !ids.contains($0) }) {
      throw Violation(
        rule: 7, seen: "\(email) was not shown \(missing.text), which is theirs",
        concerns: [missing.text, email])
    }
    guard ids.count == own.count else {
      throw Violation(rule: 7, seen: "\(email) was shown a device twice", concerns: [email])
    }
  }
}

extension ObservedRequest.Resource {
  /// Whether clients of this kind may ask for it.
  fileprivate func isFor(_ kind: ClientKind) -> Bool {
    switch (self, kind) {
    case (.session, _), (.events, _): true
    case (.createPairingToken, .app), (.devices, .app), (.motions, .app), (.measurements, .app),
      (.remove, .app):
      true
    case (.heartbeat, .camera), (.record, .camera), (.unbind, .camera), (.heartbeat, .scale),
      (.record, .scale), (.unbind, .scale):
      true
    default: false
    }
  }
}
