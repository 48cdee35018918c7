import DeviceProtocol

extension Cloud {
  /// What a poll that comes too early adds to the interval, for good (RFC 8628 §3.5).
  private static let slowDownSeconds: UInt32 = 5
  /// How much earlier than the interval a poll may come: clients count from when they have sent the
  /// last one, and networks are faster at one time than at another.
  private static let toleranceMilliseconds: UInt64 = 500

  /// The device code grant (RFC 8628 §3.4).
  ///
  /// | The owner | Answer |
  /// |---|---|
  /// | has not decided | `authorization_pending`; `slow_down` if this poll came too early |
  /// | has not decided in time | `expired_token` |
  /// | has denied | `access_denied` |
  /// | has approved | tokens, once; nothing after a logout since then |
  func exchangeDeviceCode(
    _ code: Secret, client: OAuthClient, binding: TokenBinding?,
    in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard let bytes = TokenPrefix.deviceCode.bytes(of: code),
      var record = try transaction.deviceAuthorization(hash: TokenHash(of: bytes)),
      record.clientID.utf8.elementsEqual(client.id.utf8)
    else {
      return .refused(.grant(.deviceCodeUnknown, "The device_code is not one of this client."))
    }
    if let session = record.usedFor {
      // As with a code: one of the two who presented it may have stolen it.
      return TokenOutcome(
        answer: .refused(
          .grant(
            .deviceCodeUsed, "The device_code was used before; its session has been ended.")),
        events: try self.endSession(session, as: .revoked, by: .policy, in: transaction, at: now))
    }
    guard now < record.expiresAt else {
      return .refused(GrantRefusal(.expiredToken, "The device_code has expired; begin again."))
    }
    switch record.decision {
    case nil:
      return try self.notePoll(&record, in: transaction, at: now)
    case .denied:
      return .refused(GrantRefusal(.accessDenied, "The owner denied access."))
    case .approved(let account, let epochs, let approvedAt):
      if let refusal = try transaction.logoutRefusal(
        of: epochs, mintedAt: approvedAt,
        for: .deviceCode(of: account, client: client))
      {
        return .refused(.loggedOut(refusal, "The account was logged out by the operator."))
      }
      let tokens = try self.openSession(
        client: client, account: account, device: nil, binding: binding, in: transaction,
        at: now, random: &random)
      record.usedFor = tokens.session
      try transaction.save(record)
      return .granted(tokens)
    }
  }

  private func notePoll(
    _ record: inout DeviceAuthorizationRecord, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> TokenOutcome {
    let wait = UInt64(record.intervalSeconds) * 1_000
    // After a clock jumped back nobody waits for it to catch up.
    let isTooEarly =
      record.polledAt.map {
        $0 <= now && now.milliseconds(since: $0) + Self.toleranceMilliseconds < wait
      } ?? false
    if isTooEarly {
      let (longer, overflow) = record.intervalSeconds.addingReportingOverflow(Self.slowDownSeconds)
      record.intervalSeconds = overflow ? .max : longer
    }
    record.polledAt = now
    try transaction.save(record)
    return .refused(
      isTooEarly
        ? GrantRefusal(
          .slowDown, "The device asks too often.", intervalSeconds: record.intervalSeconds)
        : GrantRefusal(
          .authorizationPending, "The owner has not decided yet.",
          intervalSeconds: record.intervalSeconds))
  }
}
