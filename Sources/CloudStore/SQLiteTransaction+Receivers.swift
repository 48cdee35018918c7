import CloudCore
import DeviceProtocol
import FoundationEssentials
import GRDB

extension SQLiteTransaction {
  func receivers() throws -> [Receiver] {
    try self.fetchAll(
      """
      SELECT id, endpoint, audience, sealed_authorization, created_at, position, delivered, retried,
        failed, failure_at, failure_event, failure_cause
      FROM receivers ORDER BY created_at, id
      """
    ) {
      Receiver(
        id: ReceiverID(bits: try $0.uuid()), endpoint: try $0.text(), audience: try $0.text(),
        sealedAuthorization: try $0.bytesOrNil(), createdAt: try $0.time(),
        position: try $0.integer(), delivered: try $0.integer(), retried: try $0.integer(),
        failed: try $0.integer(), lastFailure: try self.failure(&$0))
    }
  }

  private func failure(_ columns: inout Columns) throws -> DeliveryFailure? {
    guard let at = try columns.timeOrNil() else { return nil }
    return DeliveryFailure(at: at, event: try columns.text(), cause: try columns.text())
  }

  func save(_ receiver: Receiver) throws {
    try self.execute(
      """
      INSERT INTO receivers (id, endpoint, audience, sealed_authorization, created_at, position,
        delivered, retried, failed, failure_at, failure_event, failure_cause)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET position = excluded.position,
        delivered = excluded.delivered, retried = excluded.retried, failed = excluded.failed,
        failure_at = excluded.failure_at, failure_event = excluded.failure_event,
        failure_cause = excluded.failure_cause
      """,
      [
        receiver.id.text, receiver.endpoint, receiver.audience,
        receiver.sealedAuthorization.map { Data($0) },
        column(receiver.createdAt), column(receiver.position), column(receiver.delivered),
        column(receiver.retried), column(receiver.failed),
        receiver.lastFailure.map { column($0.at) }, receiver.lastFailure?.event,
        receiver.lastFailure?.cause,
      ])
  }

  func removeReceiver(_ id: ReceiverID) throws {
    try self.execute("DELETE FROM receivers WHERE id = ?", [id.text])
  }

  func append(_ event: SecurityEvent) throws {
    try self.execute(
      """
      INSERT INTO security_events (at, scope, target, before, account, device, initiator, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [column(event.at)] + event.scope.columns + [
        event.before.map { column($0) }, event.account?.text, event.device?.text,
        event.initiator.rawValue, event.reason,
      ])
  }

  func newestSecurityEventNumber() throws -> UInt64 {
    try self.fetchOne("SELECT seq FROM sqlite_sequence WHERE name = 'security_events'") {
      try $0.integer()
    } ?? 0
  }

  func securityEvents(after number: UInt64, limit: Int) throws -> [NumberedSecurityEvent] {
    try self.fetchAll(
      """
      SELECT number, at, scope, target, before, account, device, initiator, reason
      FROM security_events WHERE number > ? ORDER BY number LIMIT ?
      """, [column(number), limit]
    ) { columns in
      let number: UInt64 = try columns.integer()
      let at = try columns.time()
      let word: RevocationScope.Word = try columns.word()
      let scope = try columns.value { RevocationScope(word, target: $0) }
      return NumberedSecurityEvent(
        number: number,
        event: SecurityEvent(
          at: at, scope: scope, before: try columns.timeOrNil(),
          account: try columns.uuidOrNil().map { AccountID(bits: $0) },
          device: try columns.uuidOrNil().map { DeviceID(bits: $0) },
          initiator: try columns.word(), reason: try columns.text()))
    }
  }

  func securityEventCount(after number: UInt64) throws -> UInt64 {
    try self.fetchOne(
      "SELECT COUNT(*) FROM security_events WHERE number > ?", [column(number)]
    ) { try $0.integer() } ?? 0
  }

  func removeSecurityEvents(through number: UInt64) throws {
    // Numbers of the database are signed.
    try self.execute(
      "DELETE FROM security_events WHERE number <= ?", [column(min(number, UInt64(Int64.max)))])
  }
}
