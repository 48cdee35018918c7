import DeviceProtocol

extension Cloud {
  /// The pairing grant: binds the device that holds this certificate to the token's account.
  ///
  /// Whatever is refused consumes nothing: the token can be shown to the right device.
  func pair(
    _ presented: Secret, client: OAuthClient, certificate: DeviceCertificate,
    binding: TokenBinding?, kind: DeviceKind, model: String, firmwareVersion: String,
    in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard PrintableText.isValid(model), PrintableText.isValid(firmwareVersion) else {
      return .refused(.unprintableVersion)
    }
    guard let bytes = TokenPrefix.pairing.bytes(of: presented),
      var token = try transaction.pairingToken(hash: TokenHash(of: bytes))
    else {
      return .refused(.grant(.pairingTokenUnknown, "This is no pairing token of this cloud."))
    }
    let known = try transaction.device(certificate.deviceID)
    if let refusal = try self.refusal(of: token, for: certificate, known, in: transaction, at: now)
    {
      return .refused(refusal)
    }

    token.usedBy = certificate.deviceID
    try transaction.save(token)
    // The device is only moved to its new owner now, so that its new session is minted under it.
    var (device, events) = try self.bind(
      known, kind: kind, certificate: certificate, by: token, in: transaction, at: now)
    device.model = model
    device.firmwareVersion = firmwareVersion
    let tokens = try self.openSession(
      client: client, account: token.account, device: device.id, binding: binding,
      in: transaction, at: now, random: &random)
    device.session = tokens.session
    try transaction.save(device)
    events.append(.devicePaired(device.id, owner: token.account))
    return .granted(tokens, events: events)
  }

  private func refusal(
    of token: PairingTokenRecord, for certificate: DeviceCertificate, _ known: DeviceRecord?,
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> GrantRefusal? {
    if let user = token.usedBy, !isPlanted(.pairingTokenReusable) {
      guard user == certificate.deviceID, let known, known.owner == token.account,
        try self.mayHaveMissedCredentials(known, in: reader, at: now)
      else { return .grant(.pairingTokenUsed, "The pairing token was used before.") }
    }
    guard now < token.expiresAt || isPlanted(.pairingTokenNeverExpires) else {
      return .grant(.pairingTokenExpired, "The pairing token has expired.")
    }
    guard
      try isPlanted(.pairingTokenOutlivesLogout) || self.isMakerLoggedIn(token, in: reader, at: now)
    else {
      return .grant(.pairingTokenExpired, "The app that made the pairing token was logged out.")
    }
    if let owner = known?.owner, owner != token.account,
      self.configuration.bindingPolicy == .strong, !isPlanted(.strongBindingUnenforced)
    {
      return .grant(.alreadyBound, "The device is another account's, which must remove it first.")
    }
    return nil
  }

  /// Whether the app that made the pairing token still is.
  private func isMakerLoggedIn(
    _ token: PairingTokenRecord, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Bool {
    guard
      try reader.logoutRefusal(
        of: token.epochs, mintedAt: token.issuedAt, for: token.epochSubject) == nil,
      let maker = try reader.session(token.createdBy)
    else { return false }
    return maker.end == nil && !self.isExpired(maker, at: now)
  }

  /// Whether the answer that gave a device its credentials may have been lost: they are still good
  /// and nobody has used them. After that, or once the device was logged out or removed, the old QR
  /// code must not bring it back.
  private func mayHaveMissedCredentials(
    _ device: DeviceRecord, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Bool {
    guard let session = try device.session.flatMap({ try reader.session($0) }) else { return false }
    return try session.confirmedGeneration == 0 && self.isLive(session, in: reader, at: now)
  }

  /// The device as it is once the token's account owns it; not yet saved.
  private func bind(
    _ known: DeviceRecord?, kind: DeviceKind, certificate: DeviceCertificate,
    by token: PairingTokenRecord, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> (DeviceRecord, [CloudEvent]) {
    let defaultNickname = "\(kind.text)"
    guard var device = known else {
      return (
        DeviceRecord(
          id: certificate.deviceID, kind: kind, model: "", serial: certificate.serial,
          nickname: token.nickname ?? defaultNickname, firmwareVersion: "",
          owner: token.account, binding: 1, boundAt: now, session: nil,
          relinkPolicy: token.relinkPolicy), []
      )
    }
    var events = try self.endSession(device.session, as: .replaced, in: transaction, at: now)
    if device.owner == token.account {
      device.nickname = token.nickname ?? device.nickname
    } else {
      if let former = device.owner {
        if !isPlanted(.formerRecordingsShown) {
          try transaction.removeRecordings(of: device.id)
        }
        if self.configuration.bindingPolicy == .medium {
          events.append(.deviceRemoved(device.id, formerOwner: former))
        }
      }
      device.nickname = token.nickname ?? defaultNickname
      device.owner = token.account
      if !isPlanted(.formerRecordingsShown) { device.binding += 1 }
      device.boundAt = now
      device.ssid = nil
      device.signalDBm = nil
      device.uptimeMilliseconds = nil
      device.lastSeen = nil
    }
    device.serial = certificate.serial
    device.relinkPolicy = token.relinkPolicy
    return (device, events)
  }
}

extension GrantRefusal {
  static let unprintableVersion = GrantRefusal(
    .invalidRequest, "model and firmware_version must be 1 to 64 printable ASCII characters.")
}
