import CloudCore
import DeviceProtocol

/// STATUS of `docs/protocol.md`.
struct StatusBody: Encodable {
  let issuer: String
  let uptimeMilliseconds: UInt64
  let accounts: UInt64
  let sessions: [String: UInt64]
  let epochs: Epochs
  let logouts: [Logout]
  let devices: [Device]
  let truncated: Bool

  enum CodingKeys: String, CodingKey {
    case issuer, accounts, sessions, epochs, logouts, devices, truncated
    case uptimeMilliseconds = "uptime_ms"
  }

  struct Epochs: Encodable {
    let everyone: UInt64
    let kinds: [String: UInt64]
  }

  struct Logout: Encodable {
    let at: UInt64
    let scope: RevocationScope.Word
    /// Whom it covered: a kind, an e-mail address, or an id.
    let target: String?
    let reason: String
    let epoch: UInt64

    init(_ entry: CloudStatus.LogoutEntry) {
      self.at = entry.record.at.value
      self.scope = entry.record.scope.word
      self.target =
        switch entry.record.scope {
        case .everyone, .issuedBefore: nil
        case .account(let account): entry.accountEmail?.text ?? account.text
        case .kind, .region, .device, .session: entry.record.scope.target
        }
      self.reason = entry.record.reason
      self.epoch = entry.record.epoch
    }
  }

  /// DEVICE, and what only operators see.
  struct Device: Encodable {
    let device: DeviceBody
    let entry: CloudStatus.DeviceEntry
    /// Of its firmware; nil when the manifest does not know it.
    let traits: [String]?

    enum CodingKeys: String, CodingKey {
      case accountEmail = "account_email"
      case sessionID = "session_id"
      case generation
      case firmwareTraits = "firmware_traits"
    }

    func encode(to encoder: any Encoder) throws {
      try self.device.encode(to: encoder)
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(self.entry.ownerEmail?.text, forKey: .accountEmail)
      try members.encode(self.entry.view.record.session?.text, forKey: .sessionID)
      try members.encode(self.entry.generation, forKey: .generation)
      try members.encodeIfPresent(self.traits, forKey: .firmwareTraits)
    }
  }

  init(
    _ status: CloudStatus, issuer: String, uptimeMilliseconds: UInt64, firmware: FirmwareCatalogue,
    device: (DeviceView) -> DeviceBody
  ) {
    self.issuer = issuer
    self.uptimeMilliseconds = uptimeMilliseconds
    self.accounts = status.accounts
    self.sessions = Dictionary(
      uniqueKeysWithValues: ClientKind.allCases.map {
        ($0.rawValue, status.liveSessions[$0] ?? 0)
      })
    self.epochs = Epochs(
      everyone: status.everyoneEpoch,
      kinds: Dictionary(
        uniqueKeysWithValues: status.kindEpochs.map { ($0.key.rawValue, $0.value) }))
    self.logouts = status.logouts.map(Logout.init)
    self.devices = status.devices.map { entry in
      let record = entry.view.record
      return Device(
        device: device(entry.view), entry: entry,
        traits: firmware.traits(model: record.model, version: record.firmwareVersion))
    }
    self.truncated = status.isTruncated
  }
}
