import DeviceProtocol

extension Cloud {
  /// The relink grant: gives a device that is still bound a new session, as its policy allows. Its
  /// earlier session ends, also a live one: the device has lost that one's tokens.
  func relink(
    client: OAuthClient, certificate: DeviceCertificate, binding: TokenBinding?,
    firmwareVersion: String,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard PrintableText.isValid(firmwareVersion) else { return .refused(.unprintableVersion) }
    guard var device = try transaction.device(certificate.deviceID), let owner = device.owner else {
      return .refused(.grant(.notBound, "The device has no owner; pair it."))
    }
    switch device.relinkPolicy {
    case .silent: break
    case .owner:
      guard
        try isPlanted(.relinkWithoutOwner)
          || transaction.hasLiveSession(
            of: owner, kind: .app,
            besides: isPlanted(.expiredOwnerCounts) ? [] : self.expiries(at: now))
      else {
        return .refused(
          GrantRefusal(
            .authorizationPending, "The owner is not logged in.",
            intervalSeconds: self.configuration.relinkIntervalSeconds))
      }
    case .pair where isPlanted(.relinkIgnoresPairPolicy): break
    case .pair:
      return .refused(.grant(.pairingRequired, "The device must be paired again."))
    }
    let events = try self.endSession(device.session, as: .replaced, in: transaction, at: now)
    let tokens = try self.openSession(
      client: client, account: owner, device: device.id, binding: binding, in: transaction,
      at: now, random: &random)
    device.session = tokens.session
    if isPlanted(.relinkBumpsBinding) { device.binding += 1 }
    if isPlanted(.relinkForgetsPolicy) { device.relinkPolicy = .silent }
    device.firmwareVersion = firmwareVersion
    try transaction.save(device)
    return .granted(tokens, events: events)
  }
}
