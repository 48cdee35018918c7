import COpenSSL
import DeviceCore
import Glibc

/// TLS on one connected, non-blocking socket.
final class TLSSession {
  private let pointer: OpaquePointer
  /// Sessions of the context arrive while data is read, so it lives as long.
  private let context: TLSContext

  /// What a call on a non-blocking session came to.
  enum Progress<Value> {
    case done(Value)
    case waitsToRead
    case waitsToWrite
    /// The peer ended the stream; `isClean` when it said so.
    case ended(isClean: Bool)
  }

  /// - Parameter host: The DNS name or IP address, without brackets, that the peer must prove.
  init(context: TLSContext, socket: CInt, host: String) throws(ConnectionFailure) {
    guard let pointer = SSL_new(context.pointer) else {
      throw ConnectionFailure(.otherTLS, takeOpenSSLErrorText())
    }
    self.pointer = pointer
    self.context = context
    guard SSL_set_fd(pointer, socket) == 1, expect(host, of: pointer) else {
      throw ConnectionFailure(.otherTLS, takeOpenSSLErrorText())
    }
    context.resumeNewestSession(on: pointer)
  }

  deinit { SSL_free(self.pointer) }

  var wasResumed: Bool { SSL_session_reused(self.pointer) == 1 }

  func handshake() throws(ConnectionFailure) -> Progress<Void> {
    try self.progress { SSL_connect(self.pointer) }.map { _ in }
  }

  /// - Returns: Up to 16 KiB, the size of a TLS record.
  func read() throws(ConnectionFailure) -> Progress<[UInt8]> {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    return try self.progress { SSL_read(self.pointer, &buffer, CInt(buffer.count)) }
      .map { count in [UInt8](buffer[..<count]) }
  }

  /// - Parameter bytes: Not empty.
  /// - Returns: How many of the bytes were taken.
  func write(_ bytes: ArraySlice<UInt8>) throws(ConnectionFailure) -> Progress<Int> {
    let byteCount = CInt(min(bytes.count, 16_384))
    return try self.progress {
      bytes.withUnsafeBytes { SSL_write(self.pointer, $0.baseAddress, byteCount) }
    }
  }

  /// Says goodbye, as far as the socket takes it at once.
  func sayGoodbye() {
    ERR_clear_error()
    _ = SSL_shutdown(self.pointer)
    ERR_clear_error()
  }

  private func progress(_ call: () -> CInt) throws(ConnectionFailure) -> Progress<Int> {
    // SSL_get_error looks at the thread's whole error queue.
    ERR_clear_error()
    errno = 0
    let result = call()
    let code = errno
    if result > 0 { return .done(Int(result)) }
    switch SSL_get_error(self.pointer, result) {
    case SSL_ERROR_WANT_READ: return .waitsToRead
    case SSL_ERROR_WANT_WRITE: return .waitsToWrite
    case SSL_ERROR_ZERO_RETURN: return .ended(isClean: true)
    case SSL_ERROR_SYSCALL:
      return if code == 0 { .ended(isClean: false) } else {
        throw ConnectionFailure(systemCode: code)
      }
    default:
      let reason = ERR_GET_REASON(ERR_peek_error())
      if reason == SSL_R_UNEXPECTED_EOF_WHILE_READING {
        ERR_clear_error()
        return .ended(isClean: false)
      }
      throw self.failure()
    }
  }

  private func failure() -> ConnectionFailure {
    let text = takeOpenSSLErrorText()
    let verdict = SSL_get_verify_result(self.pointer)
    guard verdict != Int(X509_V_OK) else { return ConnectionFailure(.otherTLS, text) }
    return ConnectionFailure(
      connectFailure(ofVerification: CInt(truncatingIfNeeded: verdict)),
      String(cString: X509_verify_cert_error_string(verdict)))
  }
}

extension TLSSession.Progress {
  func map<Other>(_ transform: (Value) -> Other) -> TLSSession.Progress<Other> {
    switch self {
    case .done(let value): .done(transform(value))
    case .waitsToRead: .waitsToRead
    case .waitsToWrite: .waitsToWrite
    case .ended(let isClean): .ended(isClean: isClean)
    }
  }
}

/// Has the session verify that the peer is this host. Only names are sent to the server
/// (RFC 6066, section 3: no addresses).
private func expect(_ host: String, of session: OpaquePointer) -> Bool {
  if isIPAddress(host) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1
  }
  SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
  return SSL_set1_host(session, host) == 1 && relink_SSL_set_tlsext_host_name(session, host) == 1
}

/// What a verdict of libcrypto's verification is to a device.
func connectFailure(ofVerification verdict: CInt) -> ConnectFailure {
  switch verdict {
  case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
    .wrongHost
  case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
    .certificateExpired
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
    X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
    X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_INVALID_CA:
    .unknownAuthority
  default:
    .otherTLS
  }
}
