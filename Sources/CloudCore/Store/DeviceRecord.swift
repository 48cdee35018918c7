package import DeviceProtocol

package struct DeviceRecord: Equatable, Sendable {
  // In an order that leaves few gaps: there are millions of these in memory.
  package let id: DeviceID
  package var model: String
  package var serial: String
  package var nickname: String
  package var firmwareVersion: String
  /// Counts the owners it has had; recordings belong to one binding.
  package var binding: UInt64
  package var owner: AccountID?
  package let kind: DeviceKind
  package var relinkPolicy: RelinkPolicy
  package var session: SessionID?
  package var boundAt: UnixMilliseconds?
  package var lastSeen: UnixMilliseconds?
  package var uptimeMilliseconds: UInt64?
  package var signalDBm: Int?
  package var ssid: SSID?

  package init(
    id: DeviceID, kind: DeviceKind, model: String, serial: String, nickname: String,
    firmwareVersion: String, owner: AccountID? = nil, binding: UInt64,
    boundAt: UnixMilliseconds? = nil, session: SessionID? = nil, relinkPolicy: RelinkPolicy,
    ssid: SSID? = nil, signalDBm: Int? = nil, uptimeMilliseconds: UInt64? = nil,
    lastSeen: UnixMilliseconds? = nil
  ) {
    self.id = id
    self.kind = kind
    self.model = model
    self.serial = serial
    self.nickname = nickname
    self.firmwareVersion = firmwareVersion
    self.owner = owner
    self.binding = binding
    self.boundAt = boundAt
    self.session = session
    self.relinkPolicy = relinkPolicy
    self.ssid = ssid
    self.signalDBm = signalDBm
    self.uptimeMilliseconds = uptimeMilliseconds
    self.lastSeen = lastSeen
  }
}

package enum RelinkPolicy: String, Sendable, CaseIterable, Codable {
  /// The device proves itself with its certificate.
  case silent
  /// It may while its owner is logged in, with any app and since whenever.
  case owner
  /// A new pairing token is needed.
  case pair
}

package enum BindingPolicy: String, Sendable, CaseIterable, Codable { case strong, medium, weak }
