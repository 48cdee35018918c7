import CloudCore
import DeviceProtocol

/// What operators do to tokens and see of sessions.
extension RouteOperation {
  static let expireTokens = RouteOperation(
    "expireTokens", .sessions, "Let access tokens expire before their time",
    details: "Their sessions live on: the next refresh gives a good one.",
    body: .json(
      .request(
        Schema.narrowTargets + [
          .optional("client", .string().orNull), .optional("kind", .clientKind.orNull),
          .optional("everyone", .constant(true).orNull),
        ]
      ).described("One of the members, and no other."), example: #"{"kind":"camera"}"#),
    answers: [
      .ok("They have expired.", .object([.required("scope", .string())])), .unknownTarget,
    ])

  static let revokeSessions = RouteOperation(
    "revokeSessions", .sessions, "End sessions, as their clients' own revocation does",
    body: .json(
      .request(
        Schema.narrowTargets + [
          .optional("client", .string().orNull), .optional("kind", .clientKind.orNull),
          .optional("everyone", .null),
        ]
      ).described("A session, a device or an account; the latter may have a client and a kind."),
      example: #"{"account":"ada@example.org","client":"relink-app"}"#),
    answers: [
      .ok("They have ended.", .object([.required("revoked", .array(of: .uuid))])),
      .unknownTarget,
    ])

  static let listSessions = RouteOperation(
    "listSessions", .sessions, "A page of sessions, dead ones too, by id",
    parameters: [
      .query("account", .string(), "An e-mail address, or an id."),
      .query("client", .string(), "A client's id."),
      .query("kind", .clientKind, "A kind of client."),
      .query("device", .uuid, "A device's id."),
      .query("cursor", .uuid, "From the page before."),
      .limit(upTo: 1_000, standard: 100),
    ],
    answers: [
      .ok(
        "The page.",
        .object([
          .required("sessions", .array(of: .operatorSession)),
          .optional("cursor", .uuid.described("For the next page; absent on the last.")),
        ]))
    ])

  static let showHistory = RouteOperation(
    "getSessionHistory", .sessions, "What happened to a session",
    parameters: [.path("id", .uuid, "A session's id.")],
    answers: [
      .ok(
        "From the oldest on; numbers that are missing were dropped.",
        .object([
          .required("session", .operatorSession),
          .required("history", .array(of: .historyEntry)),
        ]))
    ])
}

extension RouteOperation.Answer {
  fileprivate static let unknownTarget = refusal(
    404, "There is no such session, device, account or client.")
}

extension Schema {
  fileprivate static let narrowTargets: [Member] = [
    .optional("session_id", .uuid.orNull), .optional("device_id", .uuid.orNull),
    .optional("account", .email.orNull),
  ]

  private static let ends = Schema.words(["revoked", "replaced", "replayed", "unbound", "spent"])

  fileprivate static let operatorSession = Schema.object([
    .required("id", .uuid), .required("client", .string()), .required("kind", .clientKind),
    .required("account_id", .uuid), .optional("account", .email),
    .optional("device_id", .uuid), .required("created_at", .time), .required("rotated_at", .time),
    .required("generation", .unsigned(UInt64.self)),
    .required("confirmed_generation", .unsigned(UInt64.self)),
    .required(
      "state", .string().described("`live`, or the reason that a refresh would be refused with.")),
    .optional("ended_as", .ends), .optional("logout", .logoutEntry),
  ]).component("Session")

  fileprivate static let historyEntry = Schema.object([
    .required("number", .unsigned(UInt64.self)), .required("at", .time),
    .required("event", .words(SessionEvent.Word.self)),
    .required("generation", .unsigned(UInt64.self)),
    .required("by", .words(["client", "operator"])), .optional("address", .string()),
    .optional("certificate", .string().described("SHA-256 in base64url (`x5t#S256`).")),
    .optional("ended_as", .ends),
  ]).component("SessionEvent")
}
