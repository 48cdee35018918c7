package import DeviceProtocol

extension Cloud {
  /// How long the key of a token stays published at least: receivers look it up when they like.
  private static let keySeconds: UInt32 = 86_400

  /// The event as a token for this receiver, signed by the key that signs now; its public half is
  /// among those that are published.
  package func signed(
    _ event: NumberedSecurityEvent, for receiver: Receiver, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> String {
    let (record, privateKey) = try self.signingKey(in: transaction, at: now, random: &random)
    if record.longestTokenSeconds < Self.keySeconds {
      var key = record
      key.longestTokenSeconds = Self.keySeconds
      try transaction.save(key)
    }
    let token = SecurityEventToken(event, for: receiver, issuer: self.configuration.issuer.url)
    let text = JSONWebToken.text(
      header: .object([
        JSONMember("alg", .text("ES256")), JSONMember("kid", .text(record.id)),
        JSONMember("typ", .text(SecurityEventToken.type)),
      ]), payload: token.claims
    ) { self.configuration.signer.signature(of: $0, privateKey: privateKey) }
    guard let text else {
      throw StoreError(
        code: .failed, path: "", attempted: "sign an event", detail: "the signer refused the key")
    }
    return text
  }
}
