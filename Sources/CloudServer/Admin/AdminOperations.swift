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
}

extension Schema {
  static let scopeWord = Schema.words(RevocationScope.Word.self).component("Scope")

  /// A number for each kind of client.
  static let perKind = Schema.object(
    ClientKind.allCases.map { .required($0.rawValue, .unsigned(UInt64.self)) }
  ).component("PerKind")

  static let logoutEntry = Schema.object([
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
}
