/// What one commit of the database was, for whoever measures.
package struct CommitReport: Equatable, Sendable {
  /// How many writes shared it.
  package let writeCount: Int
  /// From the beginning of the first of them.
  package let duration: Duration
  /// False: it failed, and all were told.
  package let isDurable: Bool
}
