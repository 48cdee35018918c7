import COpenSSL
import Glibc
import Testing

@testable import DeviceHost

/// A TLS server in the test's own thread: `turn` does what is possible now, and the test decides
/// what each connection says.
final class TestCloud {
  /// One connection, over as soon as either end closes it.
  final class Connection {
    fileprivate let descriptor: CInt
    fileprivate let session: OpaquePointer
    fileprivate(set) var isOpen = false
    /// The client ended the connection, or it broke.
    fileprivate(set) var hasEnded = false
    /// Decrypted, and not taken yet.
    var received: [UInt8] = []

    fileprivate init(descriptor: CInt, context: OpaquePointer) {
      self.descriptor = descriptor
      self.session = SSL_new(context)
      SSL_set_fd(self.session, descriptor)
      SSL_set_accept_state(self.session)
    }

    deinit {
      SSL_free(self.session)
      Glibc.close(self.descriptor)
    }

    var wasResumed: Bool { SSL_session_reused(self.session) == 1 }

    /// The subject's common name of the client's certificate.
    var clientName: [UInt8]? {
      guard let certificate = SSL_get1_peer_certificate(self.session) else { return nil }
      return Certificate(owning: certificate).commonName
    }

    var text: String { String(decoding: self.received, as: UTF8.self) }

    /// Takes the request that is there, its body included; nil while it is incomplete.
    func takeRequest() -> String? {
      let text = self.text
      guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
      let length = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line in
        line.hasPrefix("Content-Length: ") ? Int(line.dropFirst(16)) : nil
      }.first
      guard text[end.upperBound...].utf8.count >= length ?? 0 else { return nil }
      self.received = []
      return text
    }

    func send(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let bytes = [UInt8](text.utf8)
      #expect(
        SSL_write(self.session, bytes, CInt(bytes.count)) == CInt(bytes.count),
        sourceLocation: sourceLocation)
    }

    /// One chunk of a body in chunked coding.
    func sendChunk(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let byteCount = String(text.utf8.count, radix: 16)
      self.send("\(byteCount)\r\n\(text)\r\n", sourceLocation: sourceLocation)
    }

    /// Begins the answer to a request for the event stream.
    func beginStream() {
      self.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n")
    }

    /// Answers with a JSON body.
    func answer(_ status: String, _ body: String, headers: String = "") {
      self.send(
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(headers)"
          + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// - Parameter isClean: Whether the end is said before.
    func end(isClean: Bool = true) {
      if isClean { SSL_shutdown(self.session) }
      shutdown(self.descriptor, CInt(SHUT_WR))
    }

    fileprivate func turn() {
      ERR_clear_error()
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        let count = SSL_read(self.session, &buffer, CInt(buffer.count))
        self.isOpen = self.isOpen || SSL_is_init_finished(self.session) == 1
        guard count > 0 else {
          self.hasEnded = SSL_get_error(self.session, count) != SSL_ERROR_WANT_READ
          return
        }
        self.received += buffer[..<Int(count)]
      }
    }
  }

  let port: UInt16
  private(set) var connections: [Connection] = []
  private let listener: CInt
  private let context: OpaquePointer

  /// - Parameters:
  ///   - identity: The server's certificate and key.
  ///   - clientAuthority: When given, of the certificates that clients must present.
  init(identity: IssuedCertificate, clientAuthority: [UInt8]? = nil) throws {
    let certificate = try Certificate(pem: identity.certificate, source: "the test")
    let key = try PrivateKey(pem: identity.key, source: "the test")
    self.context = SSL_CTX_new(TLS_server_method())
    SSL_CTX_use_certificate(self.context, certificate.pointer)
    SSL_CTX_use_PrivateKey(self.context, key.pointer)
    let sessionContext = [UInt8]("test".utf8)
    SSL_CTX_set_session_id_context(self.context, sessionContext, UInt32(sessionContext.count))
    if let clientAuthority {
      let authority = try Certificate(pem: clientAuthority, source: "the test")
      X509_STORE_add_cert(SSL_CTX_get_cert_store(self.context), authority.pointer)
      SSL_CTX_set_verify(
        self.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
    self.listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    makeNonBlocking(self.listener)
    self.port = listenOnLoopback(self.listener)
  }

  deinit {
    Glibc.close(self.listener)
    SSL_CTX_free(self.context)
  }

  func origin(host: String = "127.0.0.1") throws -> CloudOrigin {
    try CloudOrigin("https://\(host):\(self.port)")
  }

  /// Accepts, shakes hands and reads.
  func turn() {
    while true {
      let descriptor = accept(self.listener, nil, nil)
      guard descriptor >= 0 else { break }
      makeNonBlocking(descriptor)
      self.connections.append(Connection(descriptor: descriptor, context: self.context))
    }
    for connection in self.connections where !connection.hasEnded { connection.turn() }
  }

  func close(_ connection: Connection) { self.connections.removeAll { $0 === connection } }
}

/// Listens at a free port of 127.0.0.1.
func listenOnLoopback(_ listener: CInt) -> UInt16 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      precondition(bind(listener, $0, size) == 0 && listen(listener, 16) == 0)
      precondition(getsockname(listener, $0, &size) == 0)
    }
  }
  return UInt16(bigEndian: address.sin_port)
}
