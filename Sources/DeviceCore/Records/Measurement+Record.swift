import DeviceProtocol

/// A record from `.firstMeasurement` to `.lastMeasurement`.
extension Measurement {
  private static let version: UInt8 = 1

  /// Which optional parts follow.
  private struct Parts: OptionSet {
    let rawValue: UInt8
    static let impedance = Parts(rawValue: 1 << 0)
    static let composition = Parts(rawValue: 1 << 1)
  }

  /// Nil for bytes that are not such a record.
  init?(record: [UInt8]) {
    var reader = LittleEndianReader(record)
    guard reader.number(UInt8.self) == Self.version,
      let parts = reader.number(UInt8.self).map({ Parts(rawValue: $0) }),
      let sequence = reader.number(UInt32.self), let at = reader.number(UInt64.self),
      let weightGrams = reader.number(UInt32.self)
    else { return nil }
    var impedance: UInt16?
    if parts.contains(.impedance) {
      guard let ohms = reader.number(UInt16.self) else { return nil }
      impedance = ohms
    }
    var composition: Composition?
    if parts.contains(.composition) {
      guard let fat = reader.number(UInt16.self), let water = reader.number(UInt16.self),
        let muscle = reader.number(UInt32.self), let bone = reader.number(UInt32.self)
      else { return nil }
      composition = Composition(
        fatPermille: fat, waterPermille: water, muscleGrams: muscle, boneGrams: bone)
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      sequence: sequence, at: UnixMilliseconds(at), weightGrams: weightGrams,
      impedanceOhms: impedance, composition: composition)
  }

  var record: [UInt8] {
    var parts: Parts = []
    if self.impedanceOhms != nil { parts.insert(.impedance) }
    if self.composition != nil { parts.insert(.composition) }
    var bytes: [UInt8] = [Self.version, parts.rawValue]
    bytes.append(littleEndian: self.sequence)
    bytes.append(littleEndian: self.at.value)
    bytes.append(littleEndian: self.weightGrams)
    if let impedance = self.impedanceOhms { bytes.append(littleEndian: impedance) }
    if let composition = self.composition {
      bytes.append(littleEndian: composition.fatPermille)
      bytes.append(littleEndian: composition.waterPermille)
      bytes.append(littleEndian: composition.muscleGrams)
      bytes.append(littleEndian: composition.boneGrams)
    }
    return bytes
  }
}
