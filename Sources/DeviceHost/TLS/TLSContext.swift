import COpenSSL
import DeviceCore
import Glibc

/// What all TLS connections of one powered device share: whom it trusts, its certificate, and the
/// newest session, which the next connection resumes.
///
/// TLS 1.3 is the minimum, and the server's chain and name are always verified.
final class TLSContext {
  let pointer: OpaquePointer
  /// The newest session that the cloud offered; nil before the first.
  ///
  /// A copy that no connection works with: libssl marks the session of one that breaks as unusable,
  /// and it is after a broken connection that resumption is wanted most.
  private var session: OpaquePointer?

  /// - Parameters:
  ///   - authorities: The certificates to trust, in PEM, one or more.
  ///   - identity: The device's own certificate and key.
  /// - Throws: `HostError` when one of them is unreadable or the two do not belong together.
  init(trusting authorities: [UInt8], authoritiesSource: String, identity: IssuedCertificate)
    throws(HostError)
  {
    guard let pointer = SSL_CTX_new(TLS_client_method()) else {
      throw HostError("set up", on: "TLS", because: takeOpenSSLErrorText())
    }
    self.pointer = pointer
    guard relink_SSL_CTX_set_min_proto_version(pointer, TLS1_3_VERSION) == 1 else {
      throw HostError("set up", on: "TLS 1.3", because: takeOpenSSLErrorText())
    }
    SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    // The buffer handed to SSL_write may move between two attempts, and a part may be written.
    relink_SSL_CTX_set_mode(
      pointer, Int(SSL_MODE_ENABLE_PARTIAL_WRITE) | Int(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER))
    try trust(authorities, source: authoritiesSource, context: pointer)
    try present(identity, context: pointer)
    self.keepNewestSession()
  }

  deinit {
    SSL_SESSION_free(self.session)
    SSL_CTX_free(self.pointer)
  }

  private func keepNewestSession() {
    relink_SSL_CTX_set_session_cache_mode(
      self.pointer, Int(SSL_SESS_CACHE_CLIENT) | Int(SSL_SESS_CACHE_NO_INTERNAL))
    SSL_CTX_set_ex_data(self.pointer, 0, Unmanaged.passUnretained(self).toOpaque())
    SSL_CTX_sess_set_new_cb(self.pointer) { connection, session in
      guard let owner = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), 0) else { return 0 }
      let context = Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue()
      SSL_SESSION_free(context.session)
      context.session = SSL_SESSION_dup(session)
      return 0  // The reference stays libssl's.
    }
  }

  /// Offers the newest session on a connection that is to be opened.
  ///
  /// A resumed session is not verified again, and so one whose certificate has expired since is
  /// dropped.
  func resumeNewestSession(on connection: OpaquePointer) {
    if let session, hasPeerExpired(session) {
      SSL_SESSION_free(session)
      self.session = nil
    }
    guard let session, let copy = SSL_SESSION_dup(session) else { return }
    SSL_set_session(connection, copy)
    SSL_SESSION_free(copy)
  }
}

/// Whether the certificate that the session was verified by is not valid any more.
private func hasPeerExpired(_ session: OpaquePointer) -> Bool {
  guard let certificate = SSL_SESSION_get0_peer(session) else { return true }
  // Zero is an error: such a date was not verified either.
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0
}

private func trust(_ authorities: [UInt8], source: String, context: OpaquePointer)
  throws(HostError)
{
  let buffer = try MemoryBuffer.holding(authorities)
  let store = SSL_CTX_get_cert_store(context)
  var count = 0
  while let certificate = PEM_read_bio_X509(buffer.pointer, nil, nil, nil) {
    defer { X509_free(certificate) }
    guard X509_STORE_add_cert(store, certificate) == 1 else {
      throw HostError("trust the certificate", on: source, because: takeOpenSSLErrorText())
    }
    count += 1
  }
  // The reader reports the end of the text as an error.
  let end = takeOpenSSLErrorText()
  guard count > 0 else {
    throw HostError("read the authority's certificate", on: source, because: end)
  }
}

private func present(_ identity: IssuedCertificate, context: OpaquePointer) throws(HostError) {
  let subject = "the device's certificate"
  let certificate = try Certificate(pem: identity.certificate, source: subject)
  let key = try PrivateKey(pem: identity.key, source: subject)
  guard SSL_CTX_use_certificate(context, certificate.pointer) == 1,
    SSL_CTX_use_PrivateKey(context, key.pointer) == 1, SSL_CTX_check_private_key(context) == 1
  else { throw HostError("present", on: subject, because: takeOpenSSLErrorText()) }
}
