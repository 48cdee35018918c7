package import DeviceProtocol

extension Cloud {
  /// Begins a device authorization (RFC 8628 §3.1).
  package func beginDeviceAuthorization(
    clientID: String, secret: Secret? = nil, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> DeviceAuthorizationOutcome {
    guard let client = self.client(clientID) else { return .refused(.unknownClient) }
    // Its certificate a device would show in vain: it may not use this grant.
    let refusal = client.refusal(secret: secret, certificate: nil, requiringCertificate: false)
    if let refusal { return .refused(refusal) }
    guard client.mayUse(.deviceCode) else { return .refused(.wrongGrant) }
    try self.dropExpired(in: transaction, at: now)
    let bytes = randomBytes(32, from: &random)
    var userCode = UserCode(random: &random)
    while try transaction.deviceAuthorization(
      userCodeHash: userCode.hash(with: self.configuration.keys)) != nil
    {
      userCode = UserCode(random: &random)
    }
    let seconds = self.configuration.deviceCodeSeconds
    let interval = self.configuration.devicePollSeconds
    try transaction.save(
      DeviceAuthorizationRecord(
        hash: TokenHash(of: bytes), userCodeHash: userCode.hash(with: self.configuration.keys),
        clientID: client.id, expiresAt: now.adding(seconds: seconds), intervalSeconds: interval))
    return .begun(
      DeviceAuthorization(
        deviceCode: TokenPrefix.deviceCode.token(of: bytes), userCode: userCode,
        expiresInSeconds: seconds, intervalSeconds: interval))
  }

  /// The device that waits for a decision under a code that a person has typed. Counts codes that
  /// lead nowhere, by address: guessing gets slow (§5.1). A right one does not wipe the count, for a
  /// guesser can have one at will.
  package func findDevice(
    userCode entered: String, from address: RemoteAddress, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> UserCodeOutcome {
    let key = LoginAttemptKey.userCodes(address.network)
    let attempts = try transaction.loginAttempts(for: key)
    if let seconds = LoginThrottle.retryAfterSeconds(attempts, of: key, at: now) {
      return .throttled(retryAfterSeconds: seconds)
    }
    if let userCode = UserCode(entered: entered),
      let record = try transaction.deviceAuthorization(
        userCodeHash: userCode.hash(with: self.configuration.keys)),
      record.isWaiting(at: now)
    {
      return .found(
        WaitingDevice(clientID: record.clientID, userCode: userCode, hash: record.hash))
    }
    try transaction.save(LoginThrottle.counting(failureAfter: attempts, at: now), for: key)
    return .unknown
  }

  /// Notes what the owner has decided (§3.3).
  ///
  /// - Returns: False if the code has expired meanwhile, or somebody else has decided.
  package func decide(
    _ decision: DeviceDecision, on device: WaitingDevice, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> Bool {
    guard var record = try transaction.deviceAuthorization(hash: device.hash),
      record.isWaiting(at: now), let client = self.client(record.clientID)
    else { return false }
    switch decision {
    case .deny:
      record.decision = .denied
    case .allow(let owner):
      let subject = EpochSubject.deviceCode(of: owner.account.id, client: client)
      record.decision = .approved(
        owner.account.id, try transaction.epochs(for: subject), at: now)
    }
    try transaction.save(record)
    return true
  }
}

extension DeviceAuthorizationRecord {
  fileprivate func isWaiting(at now: UnixMilliseconds) -> Bool {
    self.decision == nil && now < self.expiresAt
  }
}

extension EpochSubject {
  /// What logs out an approved device code, which belongs to no session yet.
  static func deviceCode(of account: AccountID, client: OAuthClient) -> EpochSubject {
    EpochSubject(kind: client.kind, account: account, device: nil, session: nil)
  }
}
