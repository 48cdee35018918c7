import Crypto
import DeviceProtocol

extension TokenPrefix {
  /// The token of these bytes; `docs/protocol.md`, "Tokens as text".
  func token(of bytes: [UInt8]) -> Secret {
    Secret(String(decoding: TokenText(prefix: self, payload: bytes).bytes, as: UTF8.self))
  }

  /// A token's bytes; nil if it is garbled or of another prefix.
  func bytes(of token: Secret) -> [UInt8]? {
    guard let text = try? TokenText(parsing: Array(token.text.utf8)), text.prefix == self else {
      return nil
    }
    return text.payload
  }
}

extension TokenHash {
  /// SHA-256 of a token's bytes.
  package init(of bytes: [UInt8]) {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    self.init(Bytes32(hash.finalize()))
  }
}

extension Bytes32 {
  init(_ digest: SHA256.Digest) {
    self = digest.withUnsafeBytes { $0.loadUnaligned(as: Bytes32.self) }
  }
}
