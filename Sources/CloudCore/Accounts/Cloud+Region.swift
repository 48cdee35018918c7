package import DeviceProtocol

package enum RegionOutcome: Equatable, Sendable {
  /// With the logout that it took; nil when the account was there before.
  case moved(Account, former: Region, LogoutRecord?)
  case unknownAccount
}

extension Cloud {
  /// Moves an account to another region, and logs it out: its tokens were minted under the epoch of
  /// the former region, which has nothing to say about the new one.
  package func move(
    _ email: EmailAddress, to region: Region, reason: String, operatorName: String,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> RegionOutcome {
    guard var account = try transaction.account(email: email) else { return .unknownAccount }
    let former = account.region
    guard former != region else { return .moved(account, former: former, nil) }
    let record = try self.logOut(
      .account(account.id), cutOff: nil, reason: reason, operatorName: operatorName,
      in: transaction, at: now)
    account.region = region
    try transaction.save(account)
    return .moved(account, former: former, record)
  }
}
