package import DeviceProtocol

extension Cloud {
  /// Makes a pairing token: single use, ten minutes, dead as soon as its maker is logged out.
  ///
  /// - Parameters:
  ///   - nickname: For the device; its kind when nil.
  ///   - relinkPolicy: How it may come back after a forced logout; `owner` when nil.
  package func createPairingToken(
    by caller: Authenticated, nickname: String?, relinkPolicy: RelinkPolicy?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> PairingTokenOutcome {
    guard caller.kind == .app else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction),
      !isPlanted(.pairingCreationUnchecked)
    {
      return .refused(refusal)
    }
    if let nickname, !PrintableText.isNickname(nickname) {
      return .invalid("nickname must be 1 to 64 bytes without control characters")
    }
    try self.dropExpired(in: transaction, at: now)
    // 128 random bits: enough, and a small QR code.
    let bytes = randomBytes(16, from: &random)
    let seconds = self.configuration.pairingTokenSeconds
    // It dies with its maker's session, but is minted now.
    var epochs = caller.epochs
    epochs.issuedBefore = try transaction.epoch(of: .issuedBefore)
    try transaction.save(
      PairingTokenRecord(
        hash: TokenHash(of: bytes), account: caller.account, createdBy: caller.session,
        epochs: epochs, issuedAt: now, expiresAt: now.adding(seconds: seconds), nickname: nickname,
        relinkPolicy: relinkPolicy ?? .owner, usedBy: nil))
    return .created(token: TokenPrefix.pairing.token(of: bytes), expiresInSeconds: seconds)
  }
}

extension PairingTokenRecord {
  /// It lives and dies with the session of the app that made it.
  var epochSubject: EpochSubject {
    EpochSubject(kind: .app, account: self.account, device: nil, session: self.createdBy)
  }
}
