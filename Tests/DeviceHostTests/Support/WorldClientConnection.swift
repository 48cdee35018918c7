import Glibc
import Testing

@testable import DeviceHost

/// A client of a world socket.
final class WorldClientConnection {
  let descriptor: CInt
  private var received: [UInt8] = []

  init(_ path: String) throws {
    self.descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let code = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(code == 0)
    makeNonBlocking(self.descriptor)
  }

  deinit { close(self.descriptor) }

  /// - Returns: How many bytes the socket took.
  @discardableResult
  func send(_ bytes: some Collection<UInt8>) -> Int {
    max(0, write(self.descriptor, [UInt8](bytes), bytes.count))
  }

  /// Whether the other end has closed; takes what is there.
  func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(self.descriptor, &buffer, buffer.count)
    if count > 0 { self.received += buffer[..<count] }
    return count == 0
  }

  var lines: [String] {
    String(decoding: self.received, as: UTF8.self).split(separator: "\n").map { String($0) }
  }
}
