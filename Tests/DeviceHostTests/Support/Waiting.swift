import Glibc
import Testing

/// Repeats a step until a condition holds.
///
/// - Returns: Whether it came to hold within ten seconds.
@discardableResult
func waitUntil(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) rethrows -> Bool {
  let deadline = time(nil) + 10
  while try !condition() {
    guard time(nil) < deadline else {
      Issue.record("not within ten seconds: \(what)", sourceLocation: sourceLocation)
      return false
    }
    usleep(500)
  }
  return true
}

/// As `relink-device` does: a write to a connection that is gone is an error of the call. To be
/// touched by tests of connections.
let brokenPipesAreErrors: Bool = {
  signal(SIGPIPE, SIG_IGN)
  return true
}()
