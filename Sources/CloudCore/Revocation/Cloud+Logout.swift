package import DeviceProtocol

extension Cloud {
  /// How long a logout's reason may be, in Unicode scalars; what is longer is cut.
  package static let reasonScalarCount = 200

  /// Logs out whatever the target covers: one epoch and one record, whatever the number of tokens.
  ///
  /// - Parameters:
  ///   - reason: Shown to those who are logged out; cut to `reasonScalarCount`.
  ///   - operatorName: Of the admin token, for the audit log.
  package func logOut(
    _ target: LogoutTarget, reason: String, operatorName: String = "",
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LogoutOutcome {
    switch try self.resolve(target, in: transaction, at: now) {
    case .unknownTarget: .unknownTarget
    case .timeToCome: .timeToCome
    case .scope(let scope, let cutOff):
      .loggedOut(
        try self.logOut(
          scope, cutOff: cutOff, reason: reason, operatorName: operatorName, in: transaction,
          at: now))
    }
  }

  /// Whom that logout would hit; changes nothing.
  package func reach(
    of target: LogoutTarget, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> ReachOutcome {
    switch try self.resolve(target, in: reader, at: now) {
    case .unknownTarget: .unknownTarget
    case .timeToCome: .timeToCome
    case .scope(let scope, let cutOff):
      .reaches(
        try self.reach(of: scope, cutOff: cutOff, in: reader, at: now), scope, cutOff: cutOff)
    }
  }

  /// - Parameter cutOff: Of the scope `issuedBefore` alone.
  func logOut(
    _ scope: RevocationScope, cutOff: CutOffTime?, reason: String, operatorName: String,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LogoutRecord {
    let sessionCount: UInt64? =
      switch scope {
      case .everyone, .issuedBefore, .kind, .region: nil
      case .account, .device, .session:
        UInt64(try self.liveSessions(of: scope, in: transaction, at: now).count)
      }
    return try self.logOut(
      scope, cutOff: cutOff, sessionCount: sessionCount, reason: reason,
      operatorName: operatorName, in: transaction, at: now)
  }

  /// - Parameter sessionCount: How many live ones it ends, where they are counted.
  func logOut(
    _ scope: RevocationScope, cutOff: CutOffTime?, sessionCount: UInt64?, reason: String,
    operatorName: String, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LogoutRecord {
    let epoch = try cutOff.map { try transaction.addCutOff(before: $0.before) }
    let record = LogoutRecord(
      at: now, scope: scope,
      epoch: try epoch ?? transaction.advanceEpoch(of: scope),
      reason: String(reason.unicodeScalars.prefix(Self.reasonScalarCount)),
      before: cutOff?.shown, operatorName: operatorName, sessionCount: sessionCount)
    try transaction.append(record)
    try self.tell(self.event(of: record, in: transaction), in: transaction)
    return record
  }

  private enum Resolved {
    case scope(RevocationScope, CutOffTime?)
    case unknownTarget, timeToCome

    static func known(_ scope: RevocationScope?) -> Resolved {
      scope.map { .scope($0, nil) } ?? .unknownTarget
    }
  }

  private func resolve(
    _ target: LogoutTarget, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Resolved {
    switch target {
    case .everyone: return .known(.everyone)
    case .kind(.camera) where isPlanted(.kindLogoutHitsAnother): return .known(.kind(.scale))
    case .kind(let kind): return .known(.kind(kind))
    case .region where isPlanted(.regionLogoutHitsEveryone): return .known(.everyone)
    case .region where isPlanted(.regionLogoutRefused): return .unknownTarget
    case .region(let region):
      // A word that is misspelt must not pass for a logout.
      return .known(try reader.hasAccount(in: region) ? .region(region) : nil)
    case .issuedBefore(nil):
      return .scope(.issuedBefore, .now(now))
    case .issuedBefore(let before?):
      return before > now ? .timeToCome : .scope(.issuedBefore, .at(before))
    case .account where isPlanted(.accountLogoutHitsEveryone): return .known(.everyone)
    case .account(let email):
      return .known(try reader.account(email: email).map { .account($0.id) })
    case .device(let id): return .known(try reader.device(id).map { .device($0.id) })
    case .session(let id): return .known(try reader.session(id).map { .session($0.id) })
    }
  }
}
