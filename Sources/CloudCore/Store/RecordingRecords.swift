package import DeviceProtocol

package struct MotionRecord: Equatable, Sendable {
  package let device: DeviceID
  package let binding: UInt64
  package let sequence: UInt32
  package let at: UnixMilliseconds

  package init(
    device: DeviceID, binding: UInt64, sequence: UInt32, at: UnixMilliseconds
  ) {
    self.device = device
    self.binding = binding
    self.sequence = sequence
    self.at = at
  }
}

/// Printed as a secret: what somebody weighs is nobody else's business.
package struct MeasurementRecord: Equatable, Sendable, Redacted {
  package let device: DeviceID
  package let binding: UInt64
  package let sequence: UInt32
  package let at: UnixMilliseconds
  package let weightGrams: UInt32
  package let impedanceOhms: UInt16?
  package let fatPermille: UInt16?
  package let waterPermille: UInt16?
  package let muscleGrams: UInt32?
  package let boneGrams: UInt32?

  package init(
    device: DeviceID, binding: UInt64, sequence: UInt32, at: UnixMilliseconds, weightGrams: UInt32,
    impedanceOhms: UInt16? = nil, fatPermille: UInt16? = nil, waterPermille: UInt16? = nil,
    muscleGrams: UInt32? = nil, boneGrams: UInt32? = nil
  ) {
    self.device = device
    self.binding = binding
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
