extension Schema {
  /// When the live refresh token was minted. Of a session of before that is its last rotation, or the
  /// login, which is right but for a token that was given in another's place.
  static let liveTokens = [
    "ALTER TABLE sessions ADD COLUMN live_minted_at INTEGER NOT NULL DEFAULT 0",
    """
    UPDATE sessions SET live_minted_at = CASE generation WHEN 1 THEN created_at ELSE rotated_at END
    """,
  ]
}
