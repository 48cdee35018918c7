/// A value that must not be seen in a log, an error or a dump: printing or reflecting it shows a
/// placeholder instead of what it holds.
package protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{}

extension Redacted {
  package var description: String { "<redacted>" }
  package var debugDescription: String { self.description }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
