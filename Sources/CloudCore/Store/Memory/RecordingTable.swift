/// What a device records once and for good.
protocol Recording: Sendable {
  var device: DeviceID { get }
  var binding: UInt64 { get }
  var sequence: UInt32 { get }
}

extension MotionRecord: Recording {}
extension MeasurementRecord: Recording {}

/// Motions or measurements by device, each device's by binding and sequence.
struct RecordingTable<Record: Recording>: Sendable {
  private var records: [DeviceID: [Record]] = [:]

  /// The newest of the binding, at most `limit` of them, by sequence.
  func records(of device: DeviceID, binding: UInt64, limit: Int) -> [Record] {
    guard let records = self.records[device] else { return [] }
    let first = Self.index(in: records) { $0.binding < binding }
    let end = Self.index(in: records) { $0.binding <= binding }
    return records[first..<end].suffix(limit)
  }

  /// Returns false if there is one of the same device, binding and sequence.
  mutating func insert(_ record: Record) -> Bool {
    let records = self.records[record.device] ?? []
    let index = Self.index(of: record, in: records)
    if index < records.count, Self.isSame(records[index], record) { return false }
    self.records[record.device, default: []].insert(record, at: index)
    return true
  }

  mutating func remove(_ record: Record) {
    guard let records = self.records[record.device] else { return }
    let index = Self.index(of: record, in: records)
    guard index < records.count, Self.isSame(records[index], record) else { return }
    self.records[record.device]?.remove(at: index)
  }

  /// - Returns: What was removed; nil if it was nothing.
  mutating func removeAll(of device: DeviceID) -> [Record]? {
    self.records.removeValue(forKey: device)
  }

  /// - Parameter records: As `removeAll` returned them.
  mutating func putBack(_ records: [Record], of device: DeviceID) {
    self.records[device] = records
  }

  private static func isSame(_ left: Record, _ right: Record) -> Bool {
    left.binding == right.binding && left.sequence == right.sequence
  }

  /// Where it is, or where it belongs.
  private static func index(of record: Record, in records: [Record]) -> Int {
    self.index(in: records) { ($0.binding, $0.sequence) < (record.binding, record.sequence) }
  }

  /// How many of them come first, given that those that do are in front.
  private static func index(in records: [Record], where comesFirst: (Record) -> Bool) -> Int {
    var (low, high) = (0, records.count)
    while low < high {
      let middle = (low + high) / 2
      if comesFirst(records[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
