import CloudCore
import DeviceProtocol

/// What an operator asks for.
extension RouteOperation {
  static let status = RouteOperation(
    "getStatus", .status, "Who is there, and what was logged out",
    parameters: [.limit(upTo: 100_000, standard: 100)],
    answers: [
      .ok(
        "The status; `limit` devices and logouts at most.",
        .object([
          .required("issuer", .string(format: "uri")),
          .required("uptime_ms", .unsigned(UInt64.self)),
          .required("accounts", .unsigned(UInt64.self)),
          .required("sessions", .perKind.described("Live ones.")),
          .required(
            "epochs",
            .object([
              .required("everyone", .unsigned(UInt64.self)), .required("kinds", .perKind),
            ])),
          .required("logouts", .array(of: .logoutEntry)),
          .required("devices", .array(of: .statusDevice)),
          .required("truncated", .boolean.described("Whether there are more devices.")),
        ]))
    ])

  static let logOut = RouteOperation(
    "logOut", .logout, "Log out everybody whom a scope covers",
    details: "Answered once it is durable and nothing more is written to any stream it killed.",
    body: .json(
      .request([
        .required("scope", .scopeWord), .optional("kind", .clientKind.orNull),
        .optional("email", .email.orNull), .optional("device_id", .uuid.orNull),
        .optional("session_id", .uuid.orNull),
        .optional(
          "reason", .string().orNull.described("Shown to those who are logged out.")),
      ]), example: #"{"scope":"everyone","reason":"an analytics copy lay open"}"#),
    answers: [
      .ok(
        "They are logged out.",
        .object([
          .required("scope", .scopeWord), .required("epoch", .unsigned(UInt64.self)),
          .required("reason", .string()),
        ])),
      .refusal(404, "There is no such account, device or session."),
    ])

  static let addFault = RouteOperation(
    "addFault", .faults, "Lose the answer to a token request",
    body: .json(
      .request([
        .required("grant", .words(GrantName.self)),
        .required("phase", .words(FaultRule.Phase.self)),
        .optional("device_id", .string().orNull), .optional("account_email", .email.orNull),
        .optional("skip", .unsigned(UInt32.self).orNull),
        .optional("count", .unsigned(UInt32.self).orNull),
      ]), example: #"{"grant":"refresh_token","phase":"after_commit","count":1}"#),
    answers: [.created("It is in force.", .fault)])

  static let listFaults = RouteOperation(
    "listFaults", .faults, "Which faults are in force",
    answers: [.ok("All of them.", .object([.required("faults", .array(of: .fault))]))])

  static let removeFaults = RouteOperation(
    "removeFaults", .faults, "Remove all faults", answers: [.noContent("There is none.")])
}

extension Schema {
  static let scopeWord = Schema.words(RevocationScope.Word.self).component("Scope")

  /// A number for each kind of client.
  static let perKind = Schema.object(
    ClientKind.allCases.map { .required($0.rawValue, .unsigned(UInt64.self)) }
  ).component("PerKind")

  fileprivate static let logoutEntry = Schema.object([
    .required("at", .time), .required("scope", .scopeWord),
    .optional("target", .string().described("A kind, an e-mail address or an id.")),
    .required("reason", .string()), .required("epoch", .unsigned(UInt64.self)),
  ]).component("Logout")

  fileprivate static let statusDevice = Schema.object(
    Self.deviceMembers + [
      .required("account_email", .email.orNull), .required("session_id", .uuid.orNull),
      .required("generation", .unsigned(UInt64.self).orNull),
      .optional("firmware_traits", .array(of: .string())),
    ]
  ).component("StatusDevice")

  fileprivate static let fault = Schema.object([
    .required("id", .unsigned(UInt64.self)), .required("grant", .words(GrantName.self)),
    .required("phase", .words(FaultRule.Phase.self)), .optional("device_id", .string()),
    .optional("account_email", .email), .required("skip", .unsigned(UInt32.self)),
    .required("count", .unsigned(UInt32.self)), .required("fired", .unsigned(UInt32.self)),
  ]).component("Fault")
}
