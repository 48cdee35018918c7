import Glibc

/// The write end of the pipe that the handler tells the loop through; −1 before there is one.
///
/// Written once, before the handler is installed; a signal handler may touch nothing but such a
/// global.
private nonisolated(unsafe) var signalPipeWriteEnd: CInt = -1

/// SIGTERM, SIGINT and SIGHUP as bytes of a pipe, so that the loop ends between two events and not within
/// one. SIGPIPE and SIGXFSZ are ignored: a broken connection and a full disk are errors of a call.
struct TerminationSignals: ~Copyable {
  private let readEnd: OwnedDescriptor

  /// Once a process.
  init() throws(HostError) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw HostError("make a pipe for", on: "signals", errno: errno)
    }
    for end in ends { makeNonBlocking(end) }
    self.readEnd = OwnedDescriptor(ends[0])
    signalPipeWriteEnd = ends[1]
    // Who starts the process from a thread of a pool hands down that all signals are blocked.
    var handled = sigset_t()
    sigemptyset(&handled)
    for number in [SIGTERM, SIGINT, SIGHUP] {
      sigaddset(&handled, number)
      signal(number) { received in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: received)
        _ = write(signalPipeWriteEnd, &byte, 1)
        errno = saved
      }
    }
    sigprocmask(SIG_UNBLOCK, &handled, nil)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  var descriptor: CInt { self.readEnd.rawValue }

  /// The number of the signal that arrived, if one did.
  func next() -> CInt? {
    var byte: UInt8 = 0
    guard read(self.readEnd.rawValue, &byte, 1) == 1 else { return nil }
    return CInt(byte)
  }
}
