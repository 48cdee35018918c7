import Crypto

/// Where a run's journal goes: nowhere, into a digest, to a sink.
package final class Log {
  package enum Keeping: Equatable, Sendable { case nothing, digest }

  private var hash: SHA256?
  private let sink: ((LogEntry) -> Void)?

  /// - Parameter sink: Told of each entry, in order.
  package init(_ keeping: Keeping = .nothing, sink: ((LogEntry) -> Void)? = nil) {
    self.hash = keeping == .digest ? SHA256() : nil
    self.sink = sink
  }

  var isOn: Bool { self.hash != nil || self.sink != nil }

  func write(_ entry: LogEntry) {
    if self.hash != nil {
      self.hash?.update(data: entry.json)
      self.hash?.update(data: [UInt8(ascii: "\n")])
    }
    self.sink?(entry)
  }

  /// SHA-256 of the lines so far, in hexadecimal; nil when none is kept.
  var digest: String? {
    self.hash.map { hash in
      hash.finalize().map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
  }
}

extension World {
  /// Writes a line of the journal; the members are made only if there is one.
  func note(
    _ who: @autoclosure () -> String, _ event: @autoclosure () -> String,
    _ members: @autoclosure () -> [(name: String, value: String)] = []
  ) {
    guard self.log.isOn else { return }
    self.log.write(
      LogEntry(milliseconds: self.now, who: who(), event: event(), members: members()))
  }
}
