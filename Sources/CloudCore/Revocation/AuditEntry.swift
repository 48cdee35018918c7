/// A forced logout in the audit log, which only grows.
package struct AuditEntry: Equatable, Sendable {
  /// From 1, in the order in which they were ordered, whatever the clock said.
  package let sequence: UInt64
  package let logout: LogoutRecord

  package init(sequence: UInt64, logout: LogoutRecord) {
    self.sequence = sequence
    self.logout = logout
  }
}
