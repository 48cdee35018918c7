import Glibc

/// A file descriptor with one owner, closed when that ends.
struct OwnedDescriptor: ~Copyable {
  let rawValue: CInt

  /// - Parameter rawValue: An open descriptor; from now on nobody else closes it.
  init(_ rawValue: CInt) { self.rawValue = rawValue }

  deinit { _ = Glibc.close(self.rawValue) }
}

/// Repeats a system call for as long as a signal interrupts it.
///
/// - Returns: What the call returned; when negative, `errno` is still the call's.
func retryingInterrupts(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// Makes calls on the descriptor return at once, and keeps it from programs that this one starts.
///
/// Cannot fail for a descriptor that is open.
func makeNonBlocking(_ descriptor: CInt) {
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}
