import DeviceProtocol

// Tokens that are used once.

extension Cloud {
  func inspectPairingToken(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    guard let bytes = TokenPrefix.pairing.bytes(of: token),
      let record = try reader.pairingToken(hash: TokenHash(of: bytes))
    else {
      return TokenInspection(
        .pairing, token, .unknown, reason: "pairing_token_unknown",
        "It is none of this cloud's, or was forgotten a day after it had expired.")
    }
    let logout = try reader.logoutRefusal(
      of: record.epochs, mintedAt: record.issuedAt, for: record.epochSubject)
    let maker = try reader.session(record.createdBy)
    func dead(_ reason: String, _ explanation: String) -> TokenInspection {
      TokenInspection(.pairing, token, .dead, reason: reason, explanation)
    }
    // The words are those that a device would be told.
    var inspection =
      if record.usedBy != nil {
        dead("pairing_token_used", "A device has used it; that one may for a while use it again.")
      } else if now >= record.expiresAt {
        dead("pairing_token_expired", "Its life is over.")
      } else if logout != nil {
        dead("pairing_token_expired", "A forced logout has killed the app's session that made it.")
      } else if maker.map({ $0.end != nil || self.isExpired($0, at: now) }) ?? true {
        dead("pairing_token_expired", "The app's session that made it has ended.")
      } else {
        TokenInspection(.pairing, token, .alive, "A device may use it.")
      }
    inspection.issuedAt = record.issuedAt
    inspection.expiresAt = record.expiresAt
    inspection.clientID = maker?.clientID
    inspection.account = record.account
    inspection.device = record.usedBy
    inspection.session = record.createdBy
    inspection.sessionEnd = maker?.end
    inspection.epochs = try self.epochs(of: record.epochs, for: record.epochSubject, in: reader)
    if case .loggedOut(let by)? = logout { inspection.logout = by }
    return inspection
  }

  func inspectCode(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    guard let bytes = TokenPrefix.authorizationCode.bytes(of: token),
      let record = try reader.authorizationCode(hash: TokenHash(of: bytes))
    else {
      return TokenInspection(
        .authorizationCode, token, .unknown, reason: "code_unknown",
        "It is none of this cloud's, or was forgotten a day after it had expired.")
    }
    let subject = EpochSubject.code(
      of: record.account, kind: self.client(record.clientID)?.kind)
    let logout = try reader.logoutRefusal(
      of: record.epochs, mintedAt: record.issuedAt, for: subject)
    func dead(_ reason: String, _ explanation: String) -> TokenInspection {
      TokenInspection(.authorizationCode, token, .dead, reason: reason, explanation)
    }
    var inspection =
      if record.usedFor != nil {
        dead("code_used", "It was exchanged; presenting it again would end that session.")
      } else if now >= record.expiresAt {
        dead("code_expired", "Its life is over.")
      } else if logout != nil {
        dead("logged_out", "A forced logout has killed it.")
      } else {
        TokenInspection(.authorizationCode, token, .alive, "Its client may exchange it.")
      }
    inspection.issuedAt = record.issuedAt
    inspection.expiresAt = record.expiresAt
    inspection.clientID = record.clientID
    inspection.account = record.account
    inspection.session = record.usedFor
    inspection.epochs = try self.epochs(of: record.epochs, for: subject, in: reader)
    if case .loggedOut(let by)? = logout { inspection.logout = by }
    return inspection
  }

  func inspectDeviceCode(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    guard let bytes = TokenPrefix.deviceCode.bytes(of: token),
      let record = try reader.deviceAuthorization(hash: TokenHash(of: bytes)),
      let client = self.client(record.clientID)
    else {
      return TokenInspection(
        .deviceCode, token, .unknown, reason: "device_code_unknown",
        "It is none of this cloud's, or was forgotten a day after it had expired.")
    }
    func dead(_ reason: String, _ explanation: String) -> TokenInspection {
      TokenInspection(.deviceCode, token, .dead, reason: reason, explanation)
    }
    var approval: (account: AccountID, epochs: EpochReading, at: UnixMilliseconds)?
    if case .approved(let account, let epochs, let approvedAt)? = record.decision {
      approval = (account, epochs, approvedAt)
    }
    let subject = approval.map { EpochSubject.deviceCode(of: $0.account, client: client) }
    var logout: TokenRefusal?
    if let approval, let subject {
      logout = try reader.logoutRefusal(
        of: approval.epochs, mintedAt: approval.at, for: subject)
    }
    var inspection =
      if record.usedFor != nil {
        dead(
          "device_code_used", "It was exchanged; presenting it again would end that session.")
      } else if now >= record.expiresAt {
        dead("expired_token", "Its life is over.")
      } else if record.decision == .denied {
        dead("access_denied", "The owner denied access.")
      } else if logout != nil {
        dead("logged_out", "A forced logout has killed its approval.")
      } else if approval == nil {
        TokenInspection(.deviceCode, token, .alive, "It waits for its owner to decide.")
      } else {
        TokenInspection(.deviceCode, token, .alive, "It is approved: its client may exchange it.")
      }
    inspection.expiresAt = record.expiresAt
    inspection.clientID = record.clientID
    inspection.account = approval?.account
    inspection.session = record.usedFor
    if let approval, let subject {
      inspection.epochs = try self.epochs(of: approval.epochs, for: subject, in: reader)
    }
    if case .loggedOut(let by)? = logout { inspection.logout = by }
    return inspection
  }
}
