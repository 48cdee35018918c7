import HTTPTypes

/// Why the admin listener does not do what an operator asks, with a fixed word for programs.
package struct OperatorRefusal: Error, Equatable, Sendable {
  package enum Reason: String, Sendable, CaseIterable {
    /// The clock would go backwards; `force` lets it.
    case clockBackwards = "clock_backwards"
    /// Before 1970 or after the year 9999.
    case clockOutOfRange = "clock_out_of_range"
  }

  let status: HTTPResponse.Status
  let error: String
  let reason: Reason
  let description: String

  static func badRequest(_ reason: Reason, _ description: String) -> OperatorRefusal {
    OperatorRefusal(
      status: .badRequest, error: "invalid_request", reason: reason, description: description)
  }

  static func conflict(_ reason: Reason, _ description: String) -> OperatorRefusal {
    OperatorRefusal(
      status: .conflict, error: "conflict", reason: reason, description: description)
  }
}
