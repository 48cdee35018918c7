package import DeviceProtocol

package struct DeviceRecord: Equatable, Sendable {
  package let id: DeviceID
  package let kind: DeviceKind
  package var model: String
  package var serial: String
  package var nickname: String
  package var firmwareVersion: String
  package var owner: AccountID?
  /// Counts the owners it has had; recordings belong to one binding.
  package var binding: UInt64
  package var boundAt: UnixMilliseconds?
  package var session: SessionID?
  package var relinkPolicy: RelinkPolicy
  package var ssid: [UInt8]?
  package var signalDBm: Int?
  package var uptimeMilliseconds: UInt64?
  package var lastSeen: UnixMilliseconds?

  package init(
    id: DeviceID, kind: DeviceKind, model: String, serial: String, nickname: String,
    firmwareVersion: String, owner: AccountID? = nil, binding: UInt64,
    boundAt: UnixMilliseconds? = nil, session: SessionID? = nil, relinkPolicy: RelinkPolicy,
    ssid: [UInt8]? = nil, signalDBm: Int? = nil, uptimeMilliseconds: UInt64? = nil,
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
