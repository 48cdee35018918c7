/// The body of a refusal (RFC 6749 §5.2, RFC 6750 §3).
package struct ErrorResponse: Equatable, Sendable {
  /// A word of `ErrorCode`, or one that this version does not know.
  package let error: [UInt8]
  package let errorDescription: [UInt8]?
  /// A word of `ErrorReason`, or one that this version does not know.
  package let reason: [UInt8]?
  /// How long to wait before asking again, with `authorization_pending` (RFC 8628 §3.2).
  package let intervalSeconds: UInt32?

  package var code: ErrorCode? { ErrorCode(self.error) }
  package var knownReason: ErrorReason? { self.reason.flatMap { ErrorReason($0) } }

  package init(
    error: ErrorCode, errorDescription: [UInt8]?, reason: ErrorReason?, intervalSeconds: UInt32?
  ) {
    self.error = error.bytes
    self.errorDescription = errorDescription
    self.reason = reason?.bytes
    self.intervalSeconds = intervalSeconds
  }

  package init(parsing body: [UInt8]) throws(MessageError) {
    let object = try JSONValue(messageBody: body)
    self.error = try object.string("error")
    self.errorDescription = try object.optionalString("error_description")
    self.reason = try object.optionalString("reason")
    let interval: Int64? = try object.optionalNumber("interval")
    self.intervalSeconds = interval.map { UInt32(clamping: $0) }
  }

  package var bytes: [UInt8] {
    var members = [JSONMember("error", .string(self.error))]
    if let description = self.errorDescription {
      members.append(JSONMember("error_description", .string(description)))
    }
    if let reason = self.reason { members.append(JSONMember("reason", .string(reason))) }
    if let interval = self.intervalSeconds {
      members.append(JSONMember("interval", .integer(Int64(interval))))
    }
    return JSONValue.object(members).bytes
  }
}
