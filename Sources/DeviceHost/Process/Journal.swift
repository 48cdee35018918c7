package import DeviceProtocol
import Glibc

/// What happens to a device, one JSON object a line; `docs/protocol.md`, "The device's journal".
///
/// A reader that goes away does not stop the device: from then on nothing is written. One that is
/// slow holds it up, but not against a signal that is to end it.
package final class Journal {
  private let descriptor: CInt
  private let clock: () -> UnixMilliseconds
  private var isClosed = false
  /// Readable once nobody is to wait for a slow reader any more; nil when there is no such thing.
  private var stopDescriptor: CInt?

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

  /// From now on gives up a line, and all after it, when its reader is slow and this descriptor is
  /// readable.
  func giveUp(onceReadable descriptor: CInt) { self.stopDescriptor = descriptor }

  /// Writes one line.
  func write(_ event: JournalEvent, _ members: [JSONMember]) {
    guard !self.isClosed else { return }
    let time = Int64(clamping: self.clock().value)
    let line = JSONValue.object(
      [JSONMember("at", .integer(time)), JSONMember("event", .text(event.text))] + members)
    var rest = (line.bytes + [UInt8(ascii: "\n")])[...]
    while !rest.isEmpty {
      guard self.waitForReader() else {
        self.isClosed = true
        return
      }
      // A pipe that poll(2) calls writable takes so much without blocking.
      let part = rest.prefix(Int(PIPE_BUF))
      let count = part.withUnsafeBytes { buffer in
        retryingInterrupts { Glibc.write(self.descriptor, buffer.baseAddress, buffer.count) }
      }
      // Somebody who shares the pipe may have filled it meanwhile.
      if count < 0, errno == EAGAIN { continue }
      guard count > 0 else {
        self.isClosed = true
        return
      }
      rest.removeFirst(count)
    }
  }

  /// - Returns: Whether the reader takes more, or is gone; false when it is to be given up.
  private func waitForReader() -> Bool {
    var entries = [pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)]
    if let stopDescriptor {
      entries.append(pollfd(fd: stopDescriptor, events: Int16(POLLIN), revents: 0))
    }
    while true {
      let count = Glibc.poll(&entries, nfds_t(entries.count), -1)
      if count < 0, errno == EINTR { continue }
      return count < 0 || entries[0].revents != 0
    }
  }
}
