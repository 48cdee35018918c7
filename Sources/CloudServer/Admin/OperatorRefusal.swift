import HTTPTypes

/// Why the admin listener does not do what an operator asks, with a fixed word for programs.
package struct OperatorRefusal: Error, Equatable, Sendable {
  package enum Reason: String, Sendable, CaseIterable {
    /// The clock would go backwards; `force` lets it.
    case clockBackwards = "clock_backwards"
    /// Before 1970 or after the year 9999.
    case clockOutOfRange = "clock_out_of_range"
    case badSnapshotName = "bad_snapshot_name"
    case unknownSnapshot = "unknown_snapshot"
    /// There is no room for the snapshot: 507.
    case diskFull = "disk_full"
    /// A snapshot cannot be written or read; the description says why.
    case snapshotFailed = "snapshot_failed"
    case unknownAccount = "unknown_account"
    case unknownClient = "unknown_client"
    case unknownDevice = "unknown_device"
    case unknownSession = "unknown_session"
    /// An endpoint, audience or authorization that cannot be; the description says which.
    case badReceiver = "bad_receiver"
    case tooManyReceivers = "too_many_receivers"
    case unknownReceiver = "unknown_receiver"
  }

  let status: HTTPResponse.Status
  let error: String
  let reason: Reason
  let description: String

  static func badRequest(_ reason: Reason, _ description: String) -> OperatorRefusal {
    OperatorRefusal(
      status: .badRequest, error: "invalid_request", reason: reason, description: description)
  }

  static func notFound(_ reason: Reason, _ description: String) -> OperatorRefusal {
    OperatorRefusal(
      status: .notFound, error: "not_found", reason: reason, description: description)
  }

  static func conflict(_ reason: Reason, _ description: String) -> OperatorRefusal {
    OperatorRefusal(
      status: .conflict, error: "conflict", reason: reason, description: description)
  }
}
