/// What went wrong while the lab ran: what was attempted, on what, and why.
package struct LabError: Error, Equatable, CustomStringConvertible {
  package enum Code: Equatable, Sendable {
    /// A program of the lab is missing or could not be started.
    case notStarted
    /// A process ended although it should run.
    case ended
    /// What was waited for did not come in time.
    case timedOut
    /// An answer was not what the protocol promises.
    case unexpectedAnswer
    case file
    /// The scenario asks for what can't be done with real processes.
    case unsupported
  }

  package let code: Code
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
