extension Schema {
  /// What tokens are bound to beside a certificate: the SHA-256 of a key (RFC 7638).
  static let dpop = [
    "ALTER TABLE sessions ADD COLUMN dpop_jkt BLOB",
    "ALTER TABLE authorization_codes ADD COLUMN dpop_jkt BLOB",
  ]
}
