import CloudCore

/// How a connection ends on purpose.
enum ConnectionEnd: Equatable, Sendable {
  /// A FIN after TLS has said goodbye (`close_notify`).
  case goodbye
  /// A FIN alone, as of a peer that has died.
  case silence
  /// A TCP RST.
  case reset
}

/// What becomes of the bytes of one response.
struct ResponseFault: Sendable {
  /// After so many bytes of the response; never when nil.
  let afterByteCount: UInt64?
  /// What happens there: the connection ends so, or when nil the rest just waits.
  let end: ConnectionEnd?
  let delayMilliseconds: UInt32
  let bytesPerSecond: UInt32?
  /// Whether the connection is closed when the response is out.
  let closesAtEnd: Bool
  /// Called once, when it is over.
  let report: @Sendable (FaultFiring.Outcome) -> Void

  init(
    _ specification: FaultSpecification, closesAtEnd: Bool = false,
    report: @escaping @Sendable (FaultFiring.Outcome) -> Void
  ) {
    switch specification.action {
    case .close(let tellsTLS): self.end = tellsTLS ? .goodbye : .silence
    case .reset: self.end = .reset
    case .slow, .status, .malformed, .certificate: self.end = nil
    }
    if case .afterByte(let count) = specification.phase {
      self.afterByteCount = count
      self.delayMilliseconds = specification.delayMilliseconds
    } else {
      self.afterByteCount = nil
      self.delayMilliseconds = 0
    }
    self.bytesPerSecond = specification.bytesPerSecond
    self.closesAtEnd = closesAtEnd
    self.report = report
  }
}
