import CloudCore
import DeviceProtocol

/// What an operator asks for about logouts.
extension RouteOperation {
  static let logOut = RouteOperation(
    "logOut", .logout, "Log out everybody whom a scope covers",
    details: """
      Answered once it is durable and nothing more is written to any stream it killed. The body has \
      the member that its scope needs, and none that belongs to another. With `dry_run` nothing is \
      changed and the answer counts whom it would hit.
      """,
    body: .json(
      .request([
        .required("scope", .words(LogoutBody.Scope.self)),
        .optional("kind", .clientKind.orNull.described("Of scope `kind`.")),
        .optional("region", .region.orNull.described("Of scope `region`.")),
        .optional("email", .email.orNull.described("Of scope `account`.")),
        .optional("device_id", .uuid.orNull.described("Of scope `device`.")),
        .optional("session_id", .uuid.orNull.described("Of scope `session`.")),
        .optional(
          "before",
          .time.orNull.described("Of scope `issued_before`; not to come. Absent: until now.")),
        .optional(
          "entries",
          .array(of: .string(), count: 1...1_000_000).orNull.described(
            "Of scope `list`: e-mail addresses and ids of accounts, devices and sessions, each "
              + "alone or after the word `account`, `device` or `session`.")),
        .optional(
          "skip_unknown",
          .boolean.orNull.described("Of scope `list`: log out the others if some are unknown.")),
        .optional("dry_run", .boolean.orNull.described("Count, and change nothing.")),
        .optional("reason", .reason.orNull.described("Shown to those who are logged out.")),
      ]), example: #"{"scope":"everyone","reason":"an analytics copy lay open"}"#),
    answers: [
      .ok(
        "They are logged out; or, of a dry run, whom it would hit.",
        .oneOf([.loggedOut, .listLoggedOut, .reach])),
      .json(
        400,
        "The request is malformed, or an entry of the list names nothing that is known: then "
          + "`unknown` has their indices, and nobody was logged out.",
        .object([
          .required("error", .constant("invalid_request")),
          .required("error_description", .string()), .optional("unknown", .indices),
        ])),
      .refusal(404, "There is no such account, device or session, or nobody is in the region."),
    ])

  static let audit = RouteOperation(
    "getAudit", .logout, "Which logouts there were, newest first",
    details: "The log only grows. It is written in the transaction of the logout.",
    parameters: [
      .limit(upTo: 10_000, standard: 100),
      .query(
        "before", .integer(UInt64(1)...UInt64.max),
        "Only those before the one of this sequence number: the `next` of the former page."),
    ],
    answers: [
      .ok(
        "A page of them.",
        .object([
          .required(
            "entries",
            .array(
              of: .object([
                .required("sequence", .unsigned(UInt64.self)), .required("at", .time),
                .required("scope", .scopeWord),
                .optional("target", .string().described("A kind, a region or an id.")),
                .required("epoch", .unsigned(UInt64.self)), .optional("before", .time),
                .required("reason", .string()),
                .required("operator", .string().described("The name of the admin token.")),
                .optional("sessions", .unsigned(UInt64.self).described("Live ones that ended.")),
              ]).component("AuditEntry"))),
          .optional("next", .unsigned(UInt64.self).described("Absent at the end.")),
        ]))
    ])

  static let moveAccount = RouteOperation(
    "moveAccount", .logout, "Move an account to a region, which logs it out",
    body: .json(
      .request([
        .required("email", .email), .required("region", .region),
        .optional("reason", .reason.orNull.described("Shown to those who are logged out.")),
      ]), example: #"{"email":"ada@example.org","region":"eu-west"}"#),
    answers: [
      .ok(
        "It is there.",
        .object([
          .required("account_id", .uuid), .required("region", .region),
          .required("former_region", .region),
          .optional(
            "epoch",
            .unsigned(UInt64.self).described("Of the account; absent if it was there before.")),
        ])),
      .refusal(404, "There is no such account."),
    ])
}

extension Schema {
  static let region = Schema.string(
    count: 1...32, pattern: "^[a-z]([a-z0-9-]*[a-z0-9])?$"
  ).component("Region")

  fileprivate static let reason = Schema.string(count: 0...200).component("Reason")

  fileprivate static let indices = Schema.array(of: .unsigned(UInt32.self)).described(
    "Which entries, from 0, name nothing that is known.")

  fileprivate static let loggedOut = Schema.object([
    .required("scope", .scopeWord), .required("epoch", .unsigned(UInt64.self)),
    .required("reason", .string()), .optional("before", .time),
    .optional(
      "sessions",
      .unsigned(UInt64.self).described("Live ones that ended, where counting them is cheap.")),
  ]).component("LoggedOut")

  fileprivate static let listLoggedOut = Schema.object([
    .required("scope", .constant("list")), .required("logged_out", .unsigned(UInt64.self)),
    .required("sessions", .unsigned(UInt64.self)), .required("unknown", .indices),
    .required("reason", .string()),
  ]).component("ListLoggedOut")

  fileprivate static let reach = Schema.object([
    .required("scope", .words(LogoutBody.Scope.self)), .required("dry_run", .constant(true)),
    .required("accounts", .unsigned(UInt64.self)), .required("devices", .unsigned(UInt64.self)),
    .required("sessions", .perKind), .required("streams", .unsigned(UInt64.self)),
    .optional("before", .time), .optional("unknown", .indices),
  ]).component("LogoutReach")
}
