package import DeviceProtocol
import Glibc

/// What happens to a device, one JSON object a line; `docs/protocol.md`, "The device's journal".
///
/// A reader that goes away does not stop the device: from then on nothing is written.
package final class Journal {
  private let descriptor: CInt
  private let clock: () -> UnixMilliseconds
  private var isClosed = false

  /// - Parameters:
  ///   - descriptor: Written to, and left open.
  ///   - clock: Of the times in the lines.
  package init(descriptor: CInt, clock: @escaping () -> UnixMilliseconds) {
    self.descriptor = descriptor
    self.clock = clock
  }

  /// On the standard output, by the wall clock.
  package static func onStandardOutput() -> Journal {
    Journal(descriptor: STDOUT_FILENO) { Clock.wallClock }
  }

  /// Writes one line.
  func write(_ event: JournalEvent, _ members: [JSONMember]) {
    guard !self.isClosed else { return }
    let time = Int64(clamping: self.clock().value)
    let line = JSONValue.object(
      [JSONMember("at", .integer(time)), JSONMember("event", .text(event.text))] + members)
    var rest = (line.bytes + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { buffer in
        retryingInterrupts { Glibc.write(self.descriptor, buffer.baseAddress, buffer.count) }
      }
      if count < 0, errno == EAGAIN {
        // Whoever shares the pipe made it non-blocking: a slow reader holds the device up.
        var entry = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        _ = Glibc.poll(&entry, 1, -1)
        continue
      }
      guard count > 0 else {
        self.isClosed = true
        return
      }
      rest.removeFirst(count)
    }
  }
}
