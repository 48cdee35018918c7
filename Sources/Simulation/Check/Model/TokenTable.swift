/// Rows by the text of a token. Hashed by its end alone, a checksum over all that precedes it:
/// tokens are long, and are looked up several times in each exchange.
struct TokenTable<Row: Sendable>: Sendable {
  private var rows: [Key: Row] = [:]

  private struct Key: Hashable, Sendable {
    let text: String

    func hash(into hasher: inout Hasher) {
      hasher.combine(self.text.utf8.suffix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
    }
  }

  subscript(text: String) -> Row? { self.rows[Key(text: text)] }

  /// Changes each row by itself, in no order that anything may depend on.
  mutating func changeAll(_ change: (inout Row) -> Void) {
    for index in self.rows.values.indices { change(&self.rows.values[index]) }
  }

  mutating func change(_ text: String, _ change: (inout Row) -> Void) {
    guard let index = self.rows.index(forKey: Key(text: text)) else { return }
    change(&self.rows.values[index])
  }

  /// - Returns: The row that was there.
  mutating func updateValue(_ row: Row, forKey text: String) -> Row? {
    self.rows.updateValue(row, forKey: Key(text: text))
  }
}
