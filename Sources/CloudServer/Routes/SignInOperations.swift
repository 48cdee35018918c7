import CloudCore
import DeviceProtocol

/// What an owner's app does with the account itself.
extension RouteOperation {
  static let showAccount = RouteOperation(
    "getAccount", .signIn, "The caller's account",
    answers: [
      .ok(
        "The account.",
        .object([
          .required("account_id", .uuid), .required("email", .email),
          .required("created_at", .time),
          .required("second_factor", .words(["none", "unconfirmed", "active"])),
          .required("recovery_codes_left", .integer(0...10)),
        ]))
    ])

  static let changePassword = RouteOperation(
    "changePassword", .signIn, "Change the password",
    details: "Codes that were not exchanged yet are worth nothing from now on. Devices stay logged "
      + "in.",
    body: .json(
      .request([
        .required("old_password", .string()), .required("new_password", .newPassword),
        .optional(
          "end_other_sessions",
          Schema.boolean.orNull
            .described("Whether the account's other apps and platforms are logged out.")
            .standard(.boolean(true))),
      ]), example: #"{"old_password":"analytical-engine-1843","new_password":"note G, 1843"}"#),
    answers: [
      .ok(
        "It is changed.",
        .object([.required("ended_sessions", .unsigned(UInt32.self))])),
      .refusal(400, "The body is malformed, or the new password refused; `reason` says why."),
      .wrong("The old password is wrong"), .tooMany,
    ])

  static let enrolSecondFactor = RouteOperation(
    "enrolSecondFactor", .signIn, "Begin with an authenticator app (TOTP, RFC 6238)",
    details: "It is asked for after a first code was confirmed. One that was begun before is "
      + "forgotten.",
    body: .json(
      .request([.required("password", .string())]),
      example: #"{"password":"analytical-engine-1843"}"#),
    answers: [
      .created(
        "What the authenticator needs, shown this once.",
        .object([
          .required("secret", .string(pattern: "^[A-Z2-7]{32}$").described("In Base32.")),
          .required("uri", .string(pattern: "^otpauth://totp/").described("For a QR code.")),
          .required("algorithm", .constant("SHA1")),
          .required("digits", .integer(6...6)),
          .required("period", .integer(30...30).described("Seconds.")),
        ])),
      .wrong("The password is wrong"),
      .refusal(409, "The account has a second factor."), .tooMany,
    ])

  static let confirmSecondFactor = RouteOperation(
    "confirmSecondFactor", .signIn, "Show a first code: from now on it is asked for",
    body: .code,
    answers: [
      .recoveryCodes, .wrong("The code is wrong"),
      .refusal(409, "There is no second factor to confirm."), .tooMany,
    ])

  static let disableSecondFactor = RouteOperation(
    "disableSecondFactor", .signIn, "Switch the second factor off", body: .code,
    answers: [
      .noContent("The password is enough."), .wrong("The code is wrong"),
      .refusal(409, "The account has no second factor."), .tooMany,
    ])

  static let renewRecoveryCodes = RouteOperation(
    "renewRecoveryCodes", .signIn, "Make new recovery codes", body: .code,
    answers: [
      .recoveryCodes, .wrong("The code is wrong"),
      .refusal(409, "The account has no second factor."), .tooMany,
    ])

  static let listOwnSessions = RouteOperation(
    "listSessions", .signIn, "The account's sessions whose tokens still work",
    answers: [
      .ok(
        "From the oldest login on.",
        .object([
          .required(
            "sessions",
            .array(
              of: .object([
                .required("id", .uuid), .required("kind", .clientKind),
                .required("client_id", .string()), .optional("device_id", .uuid),
                .optional("nickname", .string().described("Of the device.")),
                .required("created_at", .time),
                .required(
                  "last_used_at",
                  .time.described(
                    "When it last got tokens or, of a device, was last heard of.")),
                .required("current", Schema.boolean.described("Whether it is the caller's own.")),
              ])))
        ]))
    ])

  static let revokeSession = RouteOperation(
    "revokeSession", .signIn, "End one of the account's sessions",
    details: "A device comes back as its relink policy says; remove it to keep it out.",
    parameters: [.path("id", .uuid, "Of the session.")],
    answers: [.noContent("Its tokens are dead and its streams closed.")])
}

extension Schema {
  /// One that is chosen.
  static let newPassword = Schema.string(count: 8...1_024).described(
    "At least 8 characters and at most 1,024 bytes of UTF-8; not one that guessers try first "
      + "(`docs/sign-in.md`).")
}

extension RouteOperation.Body {
  fileprivate static let code = Self.json(
    .request([
      .required("code", .string().described("Of the authenticator, or a recovery code."))
    ]), example: #"{"code":"492039"}"#)
}

extension RouteOperation.Answer {
  fileprivate static let recoveryCodes = Self.ok(
    "Recovery codes, shown this once. Former ones are worth nothing.",
    .object([
      .required(
        "recovery_codes",
        .array(of: .string(pattern: "^([a-z2-7]{4}-){3}[a-z2-7]{4}$"), count: 10...10))
    ]))

  fileprivate static func wrong(_ description: String) -> Self {
    .refusal(
      403, "\(description), or the caller's client may not do this.",
      headers: [.challenge.optional])
  }

  fileprivate static let tooMany = Self.refusal(
    429, "Too many wrong passwords or codes from this session.", headers: [.retryAfter])
}
