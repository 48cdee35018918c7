import Glibc

/// The device's face towards the laboratory: a Unix stream socket that takes one JSON object a line
/// from any number of clients, and answers each line with one.
final class WorldSocket {
  /// Of a client's line, in bytes.
  static let lineLimit = 64 * 1_024
  /// Who connects beyond this number waits.
  private static let clientLimit = 32

  let path: String
  private let listener: OwnedDescriptor
  private var clients: [WorldConnection] = []

  /// Listens at a path, for this user only. The socket file that a dead process left is replaced.
  ///
  /// - Throws: `HostError` with the path: when it is too long for the system, something else is
  ///   there, or a process listens there.
  init(path: String) throws(HostError) {
    let attempt = "listen for the world at"
    let address = try UnixAddress(path: path, attempt: attempt)
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw HostError(attempt, on: path, errno: errno) }
    let listener = OwnedDescriptor(descriptor)
    makeNonBlocking(descriptor)
    try removeStaleSocket(at: address, path: path, attempt: attempt)
    // The file is there from `bind` on, so that its permissions are given before.
    let mask = umask(0o177)
    let bound = address.bind(descriptor)
    umask(mask)
    guard bound == 0, listen(descriptor, 16) == 0 else {
      throw HostError(attempt, on: path, errno: errno)
    }
    self.path = path
    self.listener = listener
  }

  deinit { _ = unlink(self.path) }

  func add(to pollSet: inout PollSet) {
    if self.clients.count < Self.clientLimit { pollSet.add(self.listener.rawValue, POLLIN) }
    for client in self.clients { client.add(to: &pollSet) }
  }

  /// Takes new clients and new lines.
  ///
  /// - Parameter answer: Carries out one line; what it returns is the answer, without line end.
  func advance(_ pollSet: PollSet, answer: ([UInt8]) -> [UInt8]) {
    for client in self.clients where pollSet.isReady(client.descriptor) {
      client.advance(answer: answer)
    }
    self.clients.removeAll { $0.hasEnded }
    if pollSet.isReady(self.listener.rawValue) { self.accept() }
  }

  private func accept() {
    while self.clients.count < Self.clientLimit {
      let descriptor = Glibc.accept(self.listener.rawValue, nil, nil)
      guard descriptor >= 0 else { return }
      self.clients.append(WorldConnection(owning: OwnedDescriptor(descriptor)))
    }
  }
}

/// The address of a Unix socket.
private struct UnixAddress {
  private var address = sockaddr_un()

  init(path: String, attempt: String) throws(HostError) {
    let bytes = [UInt8](path.utf8)
    // One byte is the zero at the end.
    let limit = MemoryLayout.size(ofValue: self.address.sun_path) - 1
    guard (1...limit).contains(bytes.count), !bytes.contains(0) else {
      throw HostError(
        attempt, on: path,
        because: "the path has \(bytes.count) bytes; a socket's has at most \(limit)")
    }
    self.address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &self.address.sun_path) { $0.copyBytes(from: bytes) }
  }

  func bind(_ socket: CInt) -> CInt {
    self.withAddress { Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }

  func connect(_ socket: CInt) -> CInt {
    self.withAddress { Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }

  private func withAddress(_ call: (UnsafePointer<sockaddr>) -> CInt) -> CInt {
    withUnsafePointer(to: self.address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1, call)
    }
  }
}

/// Removes a socket file that nobody listens at.
private func removeStaleSocket(at address: UnixAddress, path: String, attempt: String)
  throws(HostError)
{
  var status = stat()
  guard lstat(path, &status) == 0 else { return }
  guard status.st_mode & S_IFMT == S_IFSOCK else {
    throw HostError(attempt, on: path, because: "a file that is not a socket is there")
  }
  let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw HostError(attempt, on: path, errno: errno) }
  let probe = OwnedDescriptor(descriptor)
  guard address.connect(probe.rawValue) != 0, errno == ECONNREFUSED else {
    throw HostError(attempt, on: path, because: "another process listens there")
  }
  guard unlink(path) == 0 || errno == ENOENT else {
    throw HostError(attempt, on: path, errno: errno)
  }
}
