/// What happened to sessions, each one's from the oldest on.
struct HistoryTable: Sendable {
  private var entries: [SessionID: [HistoryEntry]] = [:]

  subscript(session: SessionID) -> [HistoryEntry] { self.entries[session] ?? [] }

  /// - Parameter limit: How many are kept, at least 2: the first and the newest.
  /// - Returns: What was removed for it, to undo that.
  mutating func append(
    _ event: SessionEvent, to session: SessionID, keeping limit: Int
  ) -> HistoryEntry? {
    let last = self.entries[session]?.last?.number ?? 0
    self.entries[session, default: []].append(HistoryEntry(number: last + 1, event: event))
    guard let count = self.entries[session]?.count, count > max(limit, 2) else { return nil }
    return self.entries[session]?.remove(at: 1)
  }

  /// - Parameter removed: As `append` returned it.
  mutating func removeLast(of session: SessionID, putBack removed: HistoryEntry?) {
    self.entries[session]?.removeLast()
    if let removed { self.entries[session]?.insert(removed, at: 1) }
    if self.entries[session]?.isEmpty == true { self.entries[session] = nil }
  }

  mutating func removeAll(of session: SessionID) -> [HistoryEntry]? {
    self.entries.removeValue(forKey: session)
  }

  mutating func putBack(_ entries: [HistoryEntry], of session: SessionID) {
    self.entries[session] = entries
  }
}
