import CloudCore
import DeviceProtocol

/// What many bodies have.
extension Schema {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  static let time = Schema.unsigned(UInt64.self)
    .described("Milliseconds since 1970-01-01T00:00:00Z.").component("Time")

  static let uuid = Schema.string(
    pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", format: "uuid"
  ).component("UUID")

  static let clientKind = Schema.words(ClientKind.self).component("ClientKind")

  static let email = Schema.string(count: 3...254, pattern: #"^[!-?A-~]+@[!-?A-~]+$"#)
    .described("Something on both sides of one `@`; capital letters of ASCII count as small ones.")
    .component("EmailAddress")

  /// RFC 6749 §5.2 with `reason`.
  static let refusal = Schema.object([
    .required("error", .words(Self.errorWords)),
    .required(
      "error_description",
      .string(pattern: #"^[ !#-\[\]-~]*$"#).described("For people. Not fixed.")),
    .optional(
      "reason", .words(Self.reasonWords).described("For programs.")),
    .optional(
      "interval",
      .unsigned(UInt32.self).described(
        "With `authorization_pending`: ask again after so many "
          + "seconds.")),
  ]).component("Refusal")

  private static let reasonWords =
    ErrorReason.allCases.map { "\($0.text)" } + OperatorRefusal.Reason.allCases.map(\.rawValue)
  private static let errorWords = ErrorCode.allCases.map { "\($0.text)" } + ["server_error"]
}
