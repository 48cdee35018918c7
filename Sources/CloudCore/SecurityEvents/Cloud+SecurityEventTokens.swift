package import DeviceProtocol

/// What is posted to a receiver.
package struct SignedSecurityEvent: Equatable, Sendable {
  /// A JWT in its compact form.
  package let token: String
  /// The request's `Authorization`.
  package let authorization: Secret?
}

extension Cloud {
  /// How long the key of an event's token stays published at least: the receiver may look it up after
  /// it has taken the event.
  private static let keySeconds: UInt32 = 3_600

  /// The event as a token for this receiver, signed by the key that signs now; its public half is
  /// among those that are published.
  ///
  /// - Returns: Nil when the receiver has an authorization that these token keys cannot open: the
  ///   database came from another cloud.
  package func signed(
    _ event: NumberedSecurityEvent, for receiver: Receiver, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> SignedSecurityEvent? {
    var authorization: Secret?
    if let sealed = receiver.sealedAuthorization {
      guard
        let opened = self.configuration.keys.opened(sealed, beside: Array(receiver.id.text.utf8))
      else { return nil }
      authorization = Secret(String(decoding: opened, as: UTF8.self))
    }
    let (record, privateKey) = try self.signingKey(in: transaction, at: now, random: &random)
    if record.longestTokenSeconds < Self.keySeconds {
      var key = record
      key.longestTokenSeconds = Self.keySeconds
      try transaction.save(key)
    }
    let token = SecurityEventToken(event, for: receiver, issuer: self.configuration.issuer.url)
    let text = JSONWebToken.text(
      header: .object([
        JSONMember("alg", .text(record.algorithm.rawValue)), JSONMember("kid", .text(record.id)),
        JSONMember("typ", .text(SecurityEventToken.type)),
      ]), payload: token.claims
    ) { self.configuration.signer.signature(of: $0, by: record.algorithm, privateKey: privateKey) }
    guard let text else {
      throw StoreError(
        code: .failed, path: "", attempted: "sign an event", detail: "the signer refused the key")
    }
    return SignedSecurityEvent(token: text, authorization: authorization)
  }
}
