/// Names a record of the key–value partition. The raw values are fixed.
package struct RecordKey: Equatable, Hashable, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Written at manufacture, by the host: identity, private key and certificate.
  package static let manufacture = RecordKey(rawValue: 0x0001)
  /// Written by the host: the origin of the cloud that the credentials are of.
  package static let cloud = RecordKey(rawValue: 0x0002)
  package static let wifi = RecordKey(rawValue: 0x0010)
  /// The refresh token, and the one before it if the firmware keeps that.
  package static let credentials = RecordKey(rawValue: 0x0011)
  package static let pairing = RecordKey(rawValue: 0x0012)
  /// Sequence numbers that are taken, and whose device it is.
  package static let counters = RecordKey(rawValue: 0x0013)
  /// Measurements that the cloud has not acknowledged: one key each.
  package static let firstMeasurement = RecordKey(rawValue: 0x1000)
  package static let lastMeasurement = RecordKey(rawValue: 0x10ff)
}

package struct StoredRecord: Equatable {
  package let key: RecordKey
  package let value: [UInt8]
  package init(key: RecordKey, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}
