/// How often access tokens were let expire. Of a scope where that never happened nothing is kept.
struct AccessMarkTable: Sendable {
  private var counts: [AccessScope: UInt64] = [:]

  var isEmpty: Bool { self.counts.isEmpty }

  subscript(scope: AccessScope) -> UInt64 {
    get { self.counts[scope] ?? 0 }
    set { self.counts[scope] = newValue == 0 ? nil : newValue }
  }

  func mark(of session: Session) -> UInt64 {
    if self.counts.isEmpty { return 0 }
    return session.accessScopes.reduce(0) { max($0, self[$1]) }
  }

  /// Of all scopes.
  var highest: UInt64 { self.counts.values.max() ?? 0 }

  /// Takes over whatever count is higher.
  mutating func raise(to other: AccessMarkTable) {
    self.counts.merge(other.counts) { max($0, $1) }
  }
}
