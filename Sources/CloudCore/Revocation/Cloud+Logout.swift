package import DeviceProtocol

extension Cloud {
  /// Logs out whatever the target covers: one epoch and one record, whatever the number of tokens.
  ///
  /// - Parameter reason: Shown to those who are logged out; cut to 200 Unicode scalars.
  package func logOut(
    _ target: LogoutTarget, reason: String,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LogoutOutcome {
    guard let scope = try self.scope(of: target, in: transaction) else { return .unknownTarget }
    let record = LogoutRecord(
      at: now, scope: scope, epoch: try transaction.advanceEpoch(of: scope),
      reason: String(reason.unicodeScalars.prefix(200)))
    try transaction.append(record)
    try self.tell(self.event(of: record, in: transaction), in: transaction)
    return .loggedOut(record)
  }

  /// Nil if nothing is known by that name.
  private func scope(
    of target: LogoutTarget, in reader: any StoreReader
  ) throws -> RevocationScope? {
    switch target {
    case .everyone: .everyone
    case .kind(.camera) where isPlanted(.kindLogoutHitsAnother): .kind(.scale)
    case .kind(let kind): .kind(kind)
    case .account where isPlanted(.accountLogoutHitsEveryone): .everyone
    case .account(let email): try reader.account(email: email).map { .account($0.id) }
    case .device(let id): try reader.device(id).map { .device($0.id) }
    case .session(let id): try reader.session(id).map { .session($0.id) }
    }
  }
}
