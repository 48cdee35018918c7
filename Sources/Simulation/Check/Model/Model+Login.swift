import CloudCore
import DeviceProtocol

extension Model {
  /// Addresses are compared without regard to the case of ASCII letters.
  static func folded(_ email: String) -> String {
    String(
      decoding: email.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  mutating func register(
    _ email: String, _ region: Region, _ exchange: ObservedExchange
  ) throws(Violation) {
    let folded = Self.folded(email)
    if self.accountsByEmail[folded] != nil {
      try self.require(
        Refusal(409, "conflict", rule: 5, "the address is another account's"), exchange.answer,
        to: "a registration", concerns: [folded])
      return
    }
    guard case .registered(let id) = exchange.answer else {
      throw self.mismatch(exchange.answer, to: "a registration", rule: 6, concerns: [folded])
    }
    let row = AccountRow(email: folded, region: region)
    guard self.accounts.updateValue(row, forKey: id) == nil else {
      throw Violation(
        rule: 5, seen: "a new account was given the id of another one", concerns: [folded])
    }
    self.accountsByEmail[folded] = id
  }

  mutating func authorize(
    _ email: String, isPasswordRight: Bool, _ exchange: ObservedExchange
  ) throws(Violation) {
    let folded = Self.folded(email)
    let account = self.accountsByEmail[folded]
    if case .refused(429, _) = exchange.answer, self.wrongPasswordCount > 0 {
      // After how many is the cloud's business.
      return
    }
    guard let account, isPasswordRight else {
      // The form again, without a word for programs.
      guard case .refused(403, _) = exchange.answer else {
        throw Violation(
          rule: 5, seen: "a login with wrong credentials was not refused with 403",
          concerns: [folded])
      }
      self.wrongPasswordCount += 1
      self.sweeps.note(at: exchange.at, order: self.order)
      return
    }
    guard case .code(let code) = exchange.answer else {
      throw self.mismatch(
        exchange.answer, to: "a login with the right password", rule: 6, concerns: [folded])
    }
    self.sweeps.note(at: exchange.at, order: self.order)
    let row = CodeRow(
      account: account, order: self.order, issuedAt: exchange.at,
      expiresAt: Self.time(self.settings.codeMilliseconds, after: exchange.at))
    guard self.codes.updateValue(row, forKey: code) == nil else {
      throw Violation(
        rule: 5, seen: "a login was given a code that there was before", concerns: [folded])
    }
  }

  mutating func exchangeCode(
    _ code: String, kind: ClientKind, _ exchange: ObservedExchange
  ) throws(Violation) {
    guard let row = self.codes[code],
      !self.sweeps.dropped(expiresAt: row.expiresAt, order: row.order)
    else {
      try self.require(
        Refusal(400, "invalid_grant", rule: 1, "there is no such code"), exchange.answer,
        to: "a code", concerns: [])
      return
    }
    let email = self.email(row.account)
    if let refusal = self.refusal(of: row, at: exchange.at) {
      try self.require(
        refusal, exchange.answer, to: "a code of \(email)", concerns: [email])
      self.end(row.session, as: .codeReplayed)
      return
    }
    guard let grant = Grant(exchange.answer) else {
      throw self.mismatch(
        exchange.answer, to: "a fresh code of \(email)", rule: 6, concerns: [email])
    }
    let holder = Holder(kind: kind, account: row.account, device: nil, rule: 5)
    let session = try self.open(grant, for: holder, at: exchange.at)
    self.codes[code]?.session = session
  }

  private func refusal(of row: CodeRow, at now: UnixMilliseconds) -> Refusal? {
    if row.session != nil {
      return Refusal(400, "invalid_grant", rule: 4, "it had been used before")
    }
    let isExpired = now >= row.expiresAt
    guard isExpired || row.isLoggedOut else { return nil }
    var refusal = Refusal(
      400, rule: 1, row.isLoggedOut ? "it had been logged out" : "it had expired")
    if row.isLoggedOut { refusal.words.append("logged_out") }
    if isExpired { refusal.words.append("invalid_grant") }
    return refusal
  }
}
