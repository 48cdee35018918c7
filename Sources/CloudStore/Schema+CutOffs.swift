extension Schema {
  /// The cut-offs that count, by epoch: `CutOffs`. Before, the last epoch had the latest time of all.
  static let cutOffs = [
    """
    CREATE TABLE cut_offs (
      epoch INTEGER PRIMARY KEY,
      minted_before INTEGER NOT NULL
    ) STRICT
    """,
    """
    INSERT INTO cut_offs SELECT epoch, cut_off FROM epochs
    WHERE scope = 'issued_before' AND cut_off IS NOT NULL
    """,
    "ALTER TABLE epochs DROP COLUMN cut_off",
  ]

  /// Up to where values of counters were used that a restore has undone: one row, or none.
  ///
  /// A session's mark was the sum of its scopes' counters, and is now the highest of them. All
  /// counters are raised by the greatest sum that there can have been, so that no token of before has
  /// the mark of one of after: whoever has such tokens refreshes once.
  static let usedCounts = [
    """
    CREATE TABLE used_counts (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      count INTEGER NOT NULL
    ) STRICT
    """,
    "UPDATE access_marks SET count = count + (SELECT sum(count) FROM access_marks)",
    "CREATE INDEX access_marks_by_count ON access_marks (count)",
  ]
}
