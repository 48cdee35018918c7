package import DeviceProtocol

/// What an authenticator needs to know, shown once.
package struct Enrolment: Equatable, Sendable {
  /// In base32.
  package let secret: Secret
  /// `otpauth://…`, for a QR code.
  package let uri: Secret
}

package enum SecondFactorOutcome<Value: Sendable>: Sendable {
  case done(Value)
  case wrongCode
  case throttled(retryAfterSeconds: UInt32)
  /// There is a second factor already, or none.
  case conflict(String)
  case refused(TokenRefusal)
}

extension Cloud {
  /// Begins with a second factor: one that is asked for only after `confirm`. Another one that was
  /// begun is forgotten.
  ///
  /// - Parameter owner: Who has just shown the password: a stolen token does not lock its owner out.
  package func enrol(
    _ owner: ConfirmedCaller, in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> SecondFactorOutcome<Enrolment> {
    let account = owner.account
    guard try transaction.secondFactor(of: account.id)?.isActive != true else {
      return .conflict("this account has a second factor; disable it first")
    }
    let secret = randomBytes(OneTimePassword.secretByteCount, from: &random)
    let sealed = try SecondFactor.sealing(
      secret, for: account.id, keys: self.configuration.signInKeys,
      nonce: randomBytes(12, from: &random))
    try transaction.save(
      SecondFactor(account: account.id, sealedSecret: sealed, createdAt: now))
    let text = Base32.encode(secret)
    return .done(
      Enrolment(
        secret: Secret(text),
        uri: Secret(
          "otpauth://totp/Relink:\(account.email.percentEncoded)?secret=\(text)&issuer=Relink"
            + "&algorithm=SHA1&digits=\(OneTimePassword.digitCount)"
            + "&period=\(OneTimePassword.stepSeconds)")))
  }

  /// From now on the second factor is asked for.
  ///
  /// - Returns: The recovery codes.
  package func confirmSecondFactor(
    code: Secret, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> SecondFactorOutcome<[Secret]> {
    try self.withSecondFactor(code, by: caller, isActive: false, in: transaction, at: now) {
      factor in
      factor.isActive = true
      let codes = factor.makeRecoveryCodes(random: &random)
      try transaction.save(factor)
      return codes
    }
  }

  /// Makes new recovery codes; the former are worth nothing.
  package func renewRecoveryCodes(
    code: Secret, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> SecondFactorOutcome<[Secret]> {
    try self.withSecondFactor(code, by: caller, isActive: true, in: transaction, at: now) {
      factor in
      let codes = factor.makeRecoveryCodes(random: &random)
      try transaction.save(factor)
      return codes
    }
  }

  /// From now on the password is enough.
  package func disableSecondFactor(
    code: Secret, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> SecondFactorOutcome<Void> {
    try self.withSecondFactor(code, by: caller, isActive: true, in: transaction, at: now) {
      factor in
      try transaction.removeSecondFactor(of: factor.account)
    }
  }

  /// Runs the body for a caller who has shown a code, with the second factor that it has used up.
  private func withSecondFactor<Value: Sendable>(
    _ code: Secret, by caller: Authenticated, isActive: Bool,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    _ body: (inout SecondFactor) throws -> Value
  ) throws -> SecondFactorOutcome<Value> {
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) {
      return .refused(refusal)
    }
    guard var factor = try transaction.secondFactor(of: caller.account),
      factor.isActive == isActive
    else {
      return .conflict(
        isActive
          ? "this account has no second factor"
          : "there is no second factor to confirm")
    }
    let keys = [LoginAttemptKey.session(caller.session)]
    if let seconds = try self.retryAfterSeconds(keys, in: transaction, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    guard factor.accept(code, keys: self.configuration.signInKeys, at: now) else {
      try self.countFailure(keys, in: transaction, at: now)
      return .wrongCode
    }
    try self.forgetFailures(keys, in: transaction)
    return .done(try body(&factor))
  }
}

extension EmailAddress {
  /// For a URI (RFC 3986 §2.3).
  fileprivate var percentEncoded: String {
    var text = ""
    for byte in self.text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return text
  }
}
