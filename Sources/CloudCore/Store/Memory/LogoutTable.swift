/// Logouts in the order in which they were appended, and by what they raised.
struct LogoutTable: Sendable {
  private var records: [LogoutRecord] = []
  /// To the last record of each.
  private var indices: [Key: Int] = [:]

  private struct Key: Hashable {
    let scope: RevocationScope
    let epoch: UInt64
  }

  /// The last that raised the scope's epoch to this value.
  func record(of scope: RevocationScope, epoch: UInt64) -> LogoutRecord? {
    self.indices[Key(scope: scope, epoch: epoch)].map { self.records[$0] }
  }

  /// As `StoreReader.cutOffLogout`. Not always the first that was appended: a restore adds the
  /// records of logouts that it does not undo after those that were saved.
  func cutOff(thatReached mark: MintMark) -> LogoutRecord? {
    self.records.lazy
      .filter { $0.scope == .issuedBefore && $0.epoch > mark.cutOffs && $0.reached(mark) }
      .min { $0.epoch < $1.epoch }
  }

  /// Newest first.
  func newest(_ limit: Int) -> [LogoutRecord] { self.records.suffix(limit).reversed() }

  /// Newest first, before the one with this number, which counts from 1.
  func entries(before sequence: UInt64?, limit: Int) -> [AuditEntry] {
    let end = Int(clamping: min(sequence ?? .max, UInt64(self.records.count) + 1)) - 1
    guard end > 0 else { return [] }
    return (max(0, end - limit)..<end).reversed().map {
      AuditEntry(sequence: UInt64($0) + 1, logout: self.records[$0])
    }
  }

  /// - Returns: What `removeLast` needs to undo this.
  mutating func append(_ record: LogoutRecord) -> Int? {
    self.records.append(record)
    return self.indices.updateValue(
      self.records.count - 1, forKey: Key(scope: record.scope, epoch: record.epoch))
  }

  /// These, and then those of the other table that are not among them.
  func including(_ other: LogoutTable) -> LogoutTable {
    var union = self
    for record in other.records where self.record(of: record.scope, epoch: record.epoch) == nil {
      _ = union.append(record)
    }
    return union
  }

  /// - Parameter formerIndex: As `append` returned it.
  mutating func removeLast(formerIndex: Int?) {
    let record = self.records.removeLast()
    self.indices[Key(scope: record.scope, epoch: record.epoch)] = formerIndex
  }
}
