import COpenSSL
import Scenarios

/// HMAC-SHA256 by OpenSSL, at its best: what depends on the key alone is done once.
final class OpenSSLMAC {
  private let context: OpaquePointer
  private var output = [UInt8](repeating: 0, count: 32)

  init(key: [UInt8]) throws {
    guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else { throw Self.failed }
    // The context keeps it.
    defer { EVP_MAC_free(mac) }
    guard let context = EVP_MAC_CTX_new(mac) else { throw Self.failed }
    self.context = context
    var digest = Array("SHA256".utf8CString)
    let isKeyed = digest.withUnsafeMutableBufferPointer { name in
      let parameters = [
        OSSL_PARAM_construct_utf8_string("digest", name.baseAddress, 0),
        OSSL_PARAM_construct_end(),
      ]
      return EVP_MAC_init(context, key, key.count, parameters) == 1
    }
    guard isKeyed else { throw Self.failed }
  }

  deinit { EVP_MAC_CTX_free(self.context) }

  /// - Returns: The code's first byte.
  func code(of message: ArraySlice<UInt8>) throws -> UInt8 {
    var count = 0
    let isDone = message.withUnsafeBufferPointer { bytes in
      EVP_MAC_init(self.context, nil, 0, nil) == 1
        && EVP_MAC_update(self.context, bytes.baseAddress, bytes.count) == 1
        && EVP_MAC_final(self.context, &self.output, &count, self.output.count) == 1
    }
    guard isDone, count == self.output.count else { throw Self.failed }
    return self.output[0]
  }

  private static let failed = LabError(.unexpectedAnswer, "OpenSSL makes no HMAC-SHA256")
}
