/// What outlives a factory reset, and whose the device is; the record `.counters`.
struct Counters: Equatable {
  /// The raw values are fixed.
  enum Binding: UInt8, Equatable {
    case unpaired = 0
    case paired = 1
    /// It was paired, and its credentials were refused for good.
    case loggedOut = 2
    /// A factory reset has begun and must be completed.
    case resetting = 3
  }

  var binding: Binding = .unpaired
  /// The account that the device was last paired with; empty when unknown.
  var owner: [UInt8] = []
  /// Sequence numbers below this one may have been used.
  var sequenceEnd: UInt32 = 0
}

extension Counters {
  private static let version: UInt8 = 1

  /// Nil for bytes that are not such a record.
  init?(record: [UInt8]) {
    var reader = LittleEndianReader(record)
    guard reader.number(UInt8.self) == Self.version,
      let binding = reader.number(UInt8.self).flatMap({ Binding(rawValue: $0) }),
      let sequenceEnd = reader.number(UInt32.self), let owner = reader.countedBytes(),
      reader.isAtEnd
    else { return nil }
    self.init(binding: binding, owner: owner, sequenceEnd: sequenceEnd)
  }

  var record: [UInt8] {
    var bytes: [UInt8] = [Self.version, self.binding.rawValue]
    bytes.append(littleEndian: self.sequenceEnd)
    bytes.append(counted: self.owner)
    return bytes
  }
}
