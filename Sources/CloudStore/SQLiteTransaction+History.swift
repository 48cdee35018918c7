import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  /// Every so many generations those beyond the limit are dropped: not each time, for that would be
  /// another statement in each refresh.
  private static let pruningInterval: UInt64 = 16

  func append(_ event: SessionEvent, to session: SessionID, keeping limit: Int) throws {
    var address: String?
    var certificate: Bytes32?
    if case .client(let remote, let thumbprint) = event.origin {
      (address, certificate) = (remote.text, thumbprint)
    }
    try self.execute(
      """
      INSERT INTO session_history
        (session, number, at, word, generation, address, certificate, ended_as)
      SELECT ?1, 1 + coalesce((SELECT max(number) FROM session_history WHERE session = ?1), 0),
        ?2, ?3, ?4, ?5, ?6, ?7
      """,
      [
        column(session.bits), column(event.at), event.word.rawValue, column(event.generation),
        address,
        certificate.map(column), event.end?.rawValue,
      ], changing: .nothingRead)
    // Rotations raise the generation, the others do not: those are rare.
    guard event.word != .rotation || event.generation % Self.pruningInterval == 0 else { return }
    try self.execute(
      """
      DELETE FROM session_history WHERE session = ?1 AND number > 1
        AND number <= (SELECT max(number) FROM session_history WHERE session = ?1) - ?2
      """, [session.text, max(limit, 2) - 1], changing: .nothingRead)
  }

  func history(of session: SessionID) throws -> [HistoryEntry] {
    try self.fetchAll(
      """
      SELECT number, at, word, generation, address, certificate, ended_as FROM session_history
      WHERE session = ? ORDER BY number
      """, [session.text]
    ) { columns in
      let number: UInt64 = try columns.integer()
      let at = try columns.time()
      let word: SessionEvent.Word = try columns.word()
      let generation: UInt64 = try columns.integer()
      let address = try columns.textOrNil()
      let certificate = try columns.bytes32OrNil()
      return HistoryEntry(
        number: number,
        event: SessionEvent(
          at: at, word: word, generation: generation,
          origin: address.map { .client(RemoteAddress($0), certificate: certificate) } ?? .operator,
          end: try columns.wordOrNil()))
    }
  }

  func advanceAccessMark(of scope: AccessScope) throws {
    let (former, highest) =
      try self.fetchOne(
        """
        SELECT coalesce((SELECT count FROM access_marks WHERE scope = ?), 0),
          coalesce((SELECT max(count) FROM access_marks), 0)
        """, [scope.text]
      ) { (try $0.integer() as UInt64, try $0.integer() as UInt64) } ?? (0, 0)
    let mark = EpochFloor.Mark(.accessMark(scope), max(highest, try self.usedCount()) + 1)
    _ = try self.raise(to: mark)
    self.raised?.marks.append((mark, by: mark.value - former))
  }

  func accessMark(of session: Session) throws -> UInt64 {
    var scopes: [String?] = session.accessScopes.map(\.text)
    // One statement for all, with and without a device.
    if scopes.count == 5 { scopes.append(nil) }
    return try self.fetchOne(
      """
      SELECT coalesce(max(count), 0) FROM access_marks WHERE scope IN (?, ?, ?, ?, ?, ?)
      """, scopes.map { $0 }
    ) { try $0.integer() } ?? 0
  }

  /// What every request needs to know, in one statement.
  func state(of session: SessionID) throws -> SessionState? {
    let state = try self.fetchOne(
      """
      SELECT generation, confirmed_generation, ended_as, client_id,
        (SELECT coalesce(max(count), 0) FROM access_marks WHERE scope IN (
          'everyone', 'kind:' || sessions.kind, 'client:' || sessions.client_id,
          'account:' || sessions.account, 'session:' || sessions.id,
          'device:' || sessions.device))
      FROM sessions WHERE id = ?
      """, [column(session.bits)]
    ) {
      SessionState(
        generation: try $0.integer(), confirmedGeneration: try $0.integer(),
        end: try $0.wordOrNil(), clientID: try $0.text(), accessMark: try $0.integer())
    }
    if let state { self.readFacts?.note(session, state) }
    return state
  }

  func sessions(
    where filter: SessionFilter, after: SessionID?, limit: Int
  ) throws -> [Session] {
    var conditions: [String] = []
    var arguments: [(any StatementBinding)?] = []
    for (condition, value) in [
      ("id > ?", after?.text), ("account = ?", filter.account?.text),
      ("client_id = ?", filter.client), ("kind = ?", filter.kind?.rawValue),
      ("device = ?", filter.device?.text),
    ] {
      guard let value else { continue }
      conditions.append(condition)
      arguments.append(value)
    }
    return try self.sessions(
      where: conditions.isEmpty ? "TRUE" : conditions.joined(separator: " AND "), arguments,
      limit: limit)
  }
}
