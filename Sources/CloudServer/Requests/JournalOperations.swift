import CloudCore
import DeviceProtocol

/// Who called what.
extension RouteOperation {
  static let listRequests = RouteOperation(
    "listRequests", .requests, "Requests of the public listener, oldest first",
    details: "The newest without `since` and `cursor`, else the first from there.",
    parameters: RequestFilter.names.sorted().map {
      .query($0, .string(), "A condition; all that are given hold.")
    } + [
      .query("since", .string(), "By the cloud's clock: ISO 8601, or milliseconds since 1970."),
      .query("cursor", .string(pattern: "^[0-9]+$"), "From an earlier answer."),
      .limit(upTo: 10_000, standard: 100),
    ],
    answers: [
      .ok(
        "The requests.",
        .object([
          .required("requests", .array(of: .requestRecord)),
          .required("cursor", .string(pattern: "^[0-9]+$").described("Leads to what comes after.")),
          .required("complete", .boolean.described("Whether none of them had been dropped.")),
        ]))
    ])

  static let assertRequests = RouteOperation(
    "assertRequests", .requests, "Claim how many requests there were",
    details: "With `within_ms` it is answered once it holds, cannot hold any more, or the time "
      + "is over.",
    body: .json(
      .request([
        .optional("assertion", .words(RequestAssertion.Name.self).orNull),
        .optional("exactly", .unsigned(UInt32.self).orNull),
        .optional("at_least", .unsigned(UInt32.self).orNull),
        .optional("at_most", .unsigned(UInt32.self).orNull),
        .optional("since", Schema.oneOf([.string(), .unsigned(UInt64.self)]).orNull),
        .optional("cursor", .string().orNull),
        .optional(
          "where",
          Schema.map(to: .oneOf([.string(), .unsigned(UInt64.self), .boolean])).orNull),
        .optional("within_ms", .integer(0...AssertionBody.longestWaitMilliseconds).orNull),
      ]).described("One of `assertion`, `exactly`, `at_least` and `at_most`."),
      example: #"{"exactly":1,"where":{"grant":"refresh_token","status":200}}"#),
    answers: [.ok("It holds.", .verdict), .json(409, "It does not hold.", .verdict)])
}

extension Schema {
  fileprivate static let verdict = Schema.object([
    .required("held", .boolean), .required("count", .unsigned(UInt32.self)),
    .required("complete", .boolean), .optional("expected", .string()),
    .optional("message", .string()), .optional("requests", .array(of: .requestRecord)),
  ]).component("Verdict")

  fileprivate static let requestRecord = Schema.object([
    .required("sequence", .unsigned(UInt64.self)), .required("at", .time),
    .required("duration_us", .unsigned(UInt64.self)), .required("method", .string()),
    .required("path", .string().orNull),
    .required("status", .integer(100...599).orNull), .optional("reason", .string()),
    .optional("client", .string()), .optional("kind", .clientKind),
    .optional("account_id", .uuid), .optional("device_id", .uuid), .optional("session_id", .uuid),
    .optional("generation", .unsigned(UInt64.self)), .optional("grant", .words(GrantName.self)),
    .optional("event", .words(SessionEvent.Word.self)), .optional("dead_token", .boolean),
    .optional("fault", .string()), .required("address", .string()),
  ]).component("Request")
}
