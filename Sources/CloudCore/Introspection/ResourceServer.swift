import DeviceProtocol

/// A program that tokens are presented to, and that asks this cloud what they are worth (RFC 7662).
/// No client: it gets no tokens, and its secret lets it do nothing else.
package struct ResourceServer: Equatable, Sendable {
  package let id: String
  /// Of the text. The secret has 256 random bits: how long comparing hashes takes tells nothing.
  private let secretHash: TokenHash

  package init(id: String = "relink-resource-server", secret: Secret) {
    self.id = id
    self.secretHash = TokenHash(of: Array(secret.text.utf8))
  }

  /// A new one, of 32 random bytes, prefix `rlks`.
  package static func newSecret(random: inout some RandomNumberGenerator) -> Secret {
    TokenPrefix.resourceServer.token(of: randomBytes(32, from: &random))
  }

  /// Whether the text is one that `newSecret` could have made.
  package static func isSecret(_ text: String) -> Bool {
    TokenPrefix.resourceServer.bytes(of: Secret(text))?.count == 32
  }

  func isProved(byID id: String, secret: Secret) -> Bool {
    id.utf8.elementsEqual(self.id.utf8)
      && TokenHash(of: Array(secret.text.utf8)) == self.secretHash
  }
}
