import DeviceCore

/// The records of a device's flash in one piece of memory, the oldest first: a list of them would
/// take three times as much, and a fleet has millions.
///
/// Each is its key and the count of its bytes (16 bits each, little-endian), and the bytes.
struct PackedRecords {
  private var bytes: [UInt8] = []

  var records: [StoredRecord] {
    var records: [StoredRecord] = []
    self.visit { key, range in
      records.append(StoredRecord(key: key, value: Array(self.bytes[range])))
    }
    return records
  }

  /// An empty value removes the record.
  mutating func set(_ key: RecordKey, to value: [UInt8]) {
    var former: Range<Int>?
    self.visit { other, range in if other == key { former = range } }
    let removed = former.map { $0.lowerBound - 4..<$0.upperBound } ?? 0..<0
    let added = value.isEmpty ? 0 : 4 + value.count
    guard removed.count + added > 0 else { return }
    var kept: [UInt8] = []
    // No more room than it takes.
    kept.reserveCapacity(self.bytes.count - removed.count + added)
    kept += self.bytes[..<removed.lowerBound]
    kept += self.bytes[removed.upperBound...]
    if !value.isEmpty {
      kept.append(littleEndian: key.rawValue)
      kept.append(littleEndian: UInt16(clamping: value.count))
      kept += value
    }
    self.bytes = kept
  }

  private func visit(_ body: (RecordKey, Range<Int>) -> Void) {
    var index = 0
    while index + 4 <= self.bytes.count {
      let start = index + 4
      let end = start + Int(self.number(at: index + 2))
      body(RecordKey(rawValue: self.number(at: index)), start..<end)
      index = end
    }
  }

  private func number(at index: Int) -> UInt16 {
    UInt16(self.bytes[index]) | UInt16(self.bytes[index + 1]) << 8
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian number: UInt16) {
    self.append(UInt8(truncatingIfNeeded: number))
    self.append(UInt8(truncatingIfNeeded: number >> 8))
  }
}
