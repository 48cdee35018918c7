package import DeviceProtocol

package enum SecondFactorLogin: Sendable {
  case loggedIn(LoggedInOwner)
  case wrongCode
  case throttled(retryAfterSeconds: UInt32)
  /// The ticket is not, or no longer, good for this: begin again with the password.
  case startAgain
}

extension Cloud {
  /// The third step of a login: the code, after the password.
  ///
  /// Strangers share a budget of failures for the account; a browser with a mark has its own. A
  /// recovery code, which nobody guesses, is held up by the address's failures alone, so that its
  /// owner gets in whoever else knows the password.
  ///
  /// - Parameters:
  ///   - ticket: Of `loginTicket`, in the page.
  ///   - browser: What it was made for, in a cookie.
  ///   - marks: Of the browser.
  package func completeSecondFactor(
    ticket: Secret, browser: Secret, code: Secret, to purpose: LoginPurpose,
    from address: RemoteAddress, marks: [Secret],
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> SecondFactorLogin {
    guard
      let account = try self.account(
        by: ticket, to: purpose, browser: browser, in: transaction, at: now)
    else { return .startAgain }
    guard var factor = try transaction.secondFactor(of: account.id), factor.isActive else {
      // It was disabled meanwhile: the password is enough, but was not asked for that.
      return .startAgain
    }
    let known = self.browser(by: marks, of: account, at: now)
    let keys: [LoginAttemptKey] =
      if let known {
        [.browser(known)]
      } else if code.isOneTimePassword {
        [.secondFactor(account.id), .address(address.network)]
      } else {
        [.address(address.network)]
      }
    if let seconds = try self.retryAfterSeconds(keys, in: transaction, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    guard factor.accept(code, keys: self.configuration.signInKeys, at: now) else {
      try self.countFailure(keys, in: transaction, at: now)
      return .wrongCode
    }
    try transaction.save(factor)
    try self.forgetFailures(
      known.map { [.browser($0)] } ?? [
        .account(account.email), .accountFrom(account.email, address.network),
        .secondFactor(account.id),
      ],
      in: transaction)
    return .loggedIn(LoggedInOwner(account: account))
  }
}
