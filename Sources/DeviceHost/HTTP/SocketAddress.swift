import DeviceCore
import Glibc

/// An IPv4 or IPv6 address with a port, as the system's calls take it.
struct SocketAddress {
  private let family: CInt
  private let bytes: [UInt8]

  /// The addresses of a host, in the system's order of preference.
  ///
  /// For a name that is not in `/etc/hosts` this waits for the name server.
  ///
  /// - Throws: `.noRoute` with the resolver's words.
  static func resolve(host: String, port: UInt16) throws(ConnectionFailure) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (isIPAddress(host) ? AI_NUMERICHOST : 0)
    var first: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &first)
    guard code == 0 else {
      throw ConnectionFailure(.noRoute, "\(host): \(String(cString: gai_strerror(code)))")
    }
    defer { freeaddrinfo(first) }
    var addresses: [SocketAddress] = []
    var next = first
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        addresses.append(
          SocketAddress(
            family: entry.ai_family,
            bytes: [UInt8](
              UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))))
      }
      next = entry.ai_next
    }
    return addresses
  }

  /// Begins to connect a new, non-blocking socket.
  func connect() throws(ConnectionFailure) -> OwnedDescriptor {
    let descriptor = socket(self.family, CInt(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw ConnectionFailure(systemCode: errno) }
    let connecting = OwnedDescriptor(descriptor)
    makeNonBlocking(descriptor)
    // A request is written at once and answered at once: nothing is gained by waiting for more.
    setOption(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, CInt(1))
    let result = self.bytes.withUnsafeBytes { buffer -> CInt in
      guard let address = buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return -1
      }
      return Glibc.connect(descriptor, address, socklen_t(buffer.count))
    }
    guard result == 0 || errno == EINPROGRESS else { throw ConnectionFailure(systemCode: errno) }
    return connecting
  }
}

/// Sets a socket option; a failure leaves the default, which works too.
func setOption<Value: BitwiseCopyable>(_ socket: CInt, _ level: CInt, _ name: CInt, _ value: Value)
{
  var value = value
  setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Value>.size))
}

/// The error that a non-blocking `connect` came to; 0 once connected, nil while it is under way.
func connectOutcome(of socket: CInt) -> CInt? {
  var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
  guard Glibc.poll(&entry, 1, 0) > 0 else { return nil }
  var code: CInt = 0
  var size = socklen_t(MemoryLayout<CInt>.size)
  guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
  return code
}
