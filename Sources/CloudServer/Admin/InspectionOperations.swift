import CloudCore
import DeviceProtocol

extension RouteOperation {
  static let inspectToken = RouteOperation(
    "inspectToken", .tokens, "Explain a token: whose it is, dead or alive, and why",
    details: "Nothing comes of it: a replaced refresh token that is shown here is no replay.",
    body: .json(
      .request([.required("token", .string())]),
      example: #"{"token":"rlka_AQAA…"}"#),
    answers: [
      .ok(
        "What it is; also of a dead one, and of text that is no token.",
        .object([
          .optional("kind", .words(TokenPrefix.allCases.map(\.word))),
          .optional("token", .string().described("Its prefix and four characters.")),
          .required("state", .words(["alive", "dead", "unknown"])),
          .optional("reason", .string().described("For programs; absent while it is alive.")),
          .required("explanation", .string().described("For people. Not fixed.")),
          .optional("issued_at", .time), .optional("expires_at", .time),
          .optional("client_id", .string()), .optional("account_id", .uuid),
          .optional("account_email", .email), .optional("device_id", .uuid),
          .optional("session_id", .uuid), .optional("session_end", .string()),
          .optional("generation", .unsigned(UInt64.self)),
          .optional("session_generation", .unsigned(UInt64.self)),
          .optional(
            "standing", .words(["live", "previous", "replaced", "superseded", "newer"])),
          .optional(
            "epochs",
            .array(
              of: .object([
                .required("scope", .scopeWord), .optional("target", .string()),
                .required("minted", .unsigned(UInt64.self)),
                .required("present", .unsigned(UInt64.self)),
              ]).component("TokenEpoch"))),
          .optional(
            "logout",
            .object([
              .required("at", .time), .required("scope", .scopeWord),
              .optional("target", .string()), .required("epoch", .unsigned(UInt64.self)),
              .optional("before", .time), .required("reason", .string()),
            ]).component("TokenLogout")),
        ]))
    ])
}
