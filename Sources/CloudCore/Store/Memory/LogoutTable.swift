/// Logouts in the order in which they were appended, and by what they raised.
struct LogoutTable: Sendable {
  private var records: [LogoutRecord] = []
  /// Of the records of each scope, rising.
  private var indices: [RevocationScope: [Int]] = [:]

  /// The first that raised the scope's epoch above this value.
  func first(of scope: RevocationScope, after epoch: UInt64) -> AuditEntry? {
    self.first(of: scope) { $0.epoch > epoch }
  }

  /// As `StoreReader.cutOffLogout`.
  func cutOff(thatReached mark: MintMark) -> AuditEntry? {
    self.first(of: .issuedBefore) { $0.epoch > mark.cutOffs && $0.reached(mark) }
  }

  /// By its epoch. Not always the first that was appended: a restore adds the records of logouts that
  /// it does not undo after those that were saved.
  private func first(
    of scope: RevocationScope, where isMeant: (LogoutRecord) -> Bool
  ) -> AuditEntry? {
    self.indices[scope, default: []]
      .filter { isMeant(self.records[$0]) }
      .min { self.records[$0].epoch < self.records[$1].epoch }
      .map { self.entry($0) }
  }

  private func entry(_ index: Int) -> AuditEntry {
    AuditEntry(sequence: UInt64(index) + 1, logout: self.records[index])
  }

  /// Newest first.
  func newest(_ limit: Int) -> [LogoutRecord] { self.records.suffix(limit).reversed() }

  /// Newest first, before the one with this number, which counts from 1.
  func entries(before sequence: UInt64?, limit: Int) -> [AuditEntry] {
    let end = Int(clamping: min(sequence ?? .max, UInt64(self.records.count) + 1)) - 1
    guard end > 0 else { return [] }
    return (max(0, end - limit)..<end).reversed().map { self.entry($0) }
  }

  mutating func append(_ record: LogoutRecord) {
    self.indices[record.scope, default: []].append(self.records.count)
    self.records.append(record)
  }

  /// These, and then those of the other table that are not among them.
  func including(_ other: LogoutTable) -> LogoutTable {
    var union = self
    for record in other.records where !self.has(record.scope, record.epoch) {
      union.append(record)
    }
    return union
  }

  private func has(_ scope: RevocationScope, _ epoch: UInt64) -> Bool {
    self.indices[scope, default: []].contains { self.records[$0].epoch == epoch }
  }

  /// Undoes the last `append`.
  mutating func removeLast() {
    let scope = self.records.removeLast().scope
    self.indices[scope]?.removeLast()
  }
}
