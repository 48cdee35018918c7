package import DeviceProtocol

/// What a device reports about itself.
package struct HeartbeatReport: Equatable, Sendable {
  package let uptimeMilliseconds: UInt64
  package let ssid: SSID
  /// Received signal strength, −127 to 0.
  package let signalDBm: Int
  package let firmwareVersion: String

  package init(
    uptimeMilliseconds: UInt64, ssid: SSID, signalDBm: Int, firmwareVersion: String
  ) {
    self.uptimeMilliseconds = uptimeMilliseconds
    self.ssid = ssid
    self.signalDBm = signalDBm
    self.firmwareVersion = firmwareVersion
  }
}

package struct SubmittedMotion: Equatable, Sendable {
  package let sequence: UInt32
  package let at: UnixMilliseconds

  package init(sequence: UInt32, at: UnixMilliseconds) {
    self.sequence = sequence
    self.at = at
  }
}

/// Printed as a secret: what somebody weighs is nobody else's business.
package struct SubmittedMeasurement: Equatable, Sendable, Redacted {
  package let sequence: UInt32
  package let at: UnixMilliseconds
  package let weightGrams: UInt32
  package let impedanceOhms: UInt16?
  package let fatPermille: UInt16?
  package let waterPermille: UInt16?
  package let muscleGrams: UInt32?
  package let boneGrams: UInt32?

  package init(
    sequence: UInt32, at: UnixMilliseconds, weightGrams: UInt32, impedanceOhms: UInt16? = nil,
    fatPermille: UInt16? = nil, waterPermille: UInt16? = nil, muscleGrams: UInt32? = nil,
    boneGrams: UInt32? = nil
  ) {
    self.sequence = sequence
    self.at = at
    self.weightGrams = weightGrams
    self.impedanceOhms = impedanceOhms
    self.fatPermille = fatPermille
    self.waterPermille = waterPermille
    self.muscleGrams = muscleGrams
    self.boneGrams = boneGrams
  }
}

package enum HeartbeatOutcome: Equatable, Sendable {
  case stored
  /// What is wrong with the report.
  case invalid(String)
  case wrongKind
  /// The token has died since it was checked, before this transaction.
  case refused(TokenRefusal)
}

package enum RecordOutcome: Equatable, Sendable {
  /// Every sequence of the batch, in its order; `newCount` of them were not known before.
  case acknowledged([UInt32], newCount: Int)
  /// What is wrong with the batch; none of it was recorded.
  case invalid(String)
  case wrongKind
  /// The token has died since it was checked, before this transaction.
  case refused(TokenRefusal)
}

package enum UnbindOutcome: Equatable, Sendable {
  case unbound([CloudEvent])
  case wrongKind
  /// The token has died since it was checked, before this transaction.
  case refused(TokenRefusal)
}
