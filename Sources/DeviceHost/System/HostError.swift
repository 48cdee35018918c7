import Glibc

/// Something that the host attempted on the system and that failed: what, on what, and why.
///
/// Never holds a secret: subjects are paths, host names and model names.
package struct HostError: Error, Equatable, CustomStringConvertible {
  /// In the imperative: `open the flash file`.
  package let attempt: String
  /// What it was attempted on, such as a path.
  package let subject: String
  /// Why it failed.
  package let reason: String

  package init(_ attempt: String, on subject: String, because reason: String) {
    self.attempt = attempt
    self.subject = subject
    self.reason = reason
  }

  /// - Parameter code: An `errno` value; read it before any other call.
  package init(_ attempt: String, on subject: String, errno code: CInt) {
    self.init(attempt, on: subject, because: systemErrorText(code))
  }

  package var description: String { "\(self.attempt) \(self.subject): \(self.reason)" }
}

/// A system call that failed, as the `errno` value that it left.
struct SystemCallError: Error {
  let code: CInt

  /// Of the call just made.
  static var ofLastCall: SystemCallError { SystemCallError(code: errno) }
}

/// The system's words for an `errno` value.
func systemErrorText(_ code: CInt) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text)
}
