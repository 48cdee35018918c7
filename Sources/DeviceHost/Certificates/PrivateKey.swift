import COpenSSL

/// A P-256 private key.
package struct PrivateKey: ~Copyable {
  let pointer: OpaquePointer

  /// Makes a new key.
  package init() throws(HostError) {
    guard let pointer = relink_EVP_EC_gen("P-256") else {
      throw HostError("make", on: "a P-256 key", because: takeOpenSSLErrorText())
    }
    self.pointer = pointer
  }

  /// Reads an unencrypted key.
  ///
  /// - Parameter source: Where the text is from, for the error.
  package init(pem: [UInt8], source: String) throws(HostError) {
    let buffer = try MemoryBuffer.holding(pem)
    // A password callback that has none, or an encrypted key would ask for one on the terminal.
    guard
      let pointer = PEM_read_bio_PrivateKey(buffer.pointer, nil, { _, _, _, _ in -1 }, nil)
    else {
      throw HostError("read the private key", on: source, because: takeOpenSSLErrorText())
    }
    self.pointer = pointer
  }

  deinit { EVP_PKEY_free(self.pointer) }

  /// As unencrypted PKCS #8 in PEM. A secret.
  package func pem() throws(HostError) -> [UInt8] {
    let buffer = try MemoryBuffer()
    guard PEM_write_bio_PrivateKey(buffer.pointer, self.pointer, nil, nil, 0, nil, nil) == 1 else {
      throw HostError("encode", on: "a private key", because: takeOpenSSLErrorText())
    }
    return buffer.bytes
  }
}
