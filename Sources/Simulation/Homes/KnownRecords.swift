import DeviceCore

/// What must be in a device's flash after a power cut: of each key the newest record that was
/// acknowledged, or what was under way when power failed.
struct KnownRecords: Equatable {
  /// Without those that were removed.
  private var acknowledged: [RecordKey: [UInt8]] = [:]
  /// Written and not acknowledged: power failed, or the flash said that it could not. An empty value
  /// is a removal.
  private var underWay: [StoredRecord] = []

  /// A write is durable; an empty value removes the record.
  mutating func stored(_ key: RecordKey, _ value: [UInt8]) {
    self.acknowledged[key] = value.isEmpty ? nil : value
    self.underWay.removeAll { $0.key == key }
  }

  /// A write has ended in another way, so that the old or the new may be there.
  mutating func interrupted(_ key: RecordKey, _ value: [UInt8]) {
    self.underWay.append(StoredRecord(key: key, value: value))
  }

  func value(for key: RecordKey) -> [UInt8]? { self.acknowledged[key] }

  /// Compares with what flash holds, which is what is known from then on.
  ///
  /// - Returns: What is wrong, in plain words; nil for nothing.
  mutating func found(_ records: [StoredRecord]) -> String? {
    let present = Dictionary(
      records.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    let keys = Set(present.keys).union(self.acknowledged.keys)
    let wrong = keys.sorted { $0.rawValue < $1.rawValue }.first { key in
      let value = present[key] ?? []
      return value != self.acknowledged[key] ?? []
        && !self.underWay.contains(StoredRecord(key: key, value: value))
    }
    let seen = wrong.map { key in
      let name = "record \(String(key.rawValue, radix: 16))"
      guard present[key] != nil else { return "\(name), which was acknowledged, is gone" }
      return self.acknowledged[key] == nil
        ? "\(name), which was removed, is there again"
        : "\(name) holds something else than was acknowledged"
    }
    self.acknowledged = present
    self.underWay = []
    return seen
  }
}
