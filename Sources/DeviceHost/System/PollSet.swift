import Glibc

/// The descriptors of one turn of the loop, and what poll(2) said of each.
struct PollSet {
  private var entries: [pollfd] = []

  /// Waits for these events, besides errors and hang-ups, which are always told.
  mutating func add(_ descriptor: CInt, _ events: CInt) {
    self.entries.append(
      pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0))
  }

  /// - Parameter timeoutMilliseconds: −1 waits until something happens.
  /// - Throws: `HostError` when poll(2) fails for another reason than a signal.
  mutating func wait(timeoutMilliseconds: CInt) throws(HostError) {
    let count = Glibc.poll(&self.entries, nfds_t(self.entries.count), timeoutMilliseconds)
    if count < 0, errno != EINTR {
      throw HostError("wait for events on", on: "\(self.entries.count) descriptors", errno: errno)
    }
    if count < 0 {
      for index in self.entries.indices { self.entries[index].revents = 0 }
    }
  }

  /// Whether there is anything to do on the descriptor, an error included.
  func isReady(_ descriptor: CInt) -> Bool {
    self.entries.contains { $0.fd == descriptor && $0.revents != 0 }
  }
}
