/// Why the cloud does not start, in one line for the operator.
package struct CloudServerError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case badOption
    case badCertificate
    case dataFolder
    case store
    case listen
  }

  package let code: Code
  /// As in "listen on 127.0.0.1:8443".
  package let attempted: String
  package let detail: String

  package init(_ code: Code, attempted: String, detail: String) {
    self.code = code
    self.attempted = attempted
    self.detail = detail
  }

  package var description: String { "cannot \(self.attempted): \(self.detail)" }
}
