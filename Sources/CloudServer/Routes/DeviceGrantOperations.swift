/// The device authorization grant (RFC 8628).
extension RouteOperation {
  static let beginDeviceAuthorization = RouteOperation(
    "beginDeviceAuthorization", .tokens, "Ask for codes for a program without a browser",
    details: "RFC 8628 §3.1. The program shows the user code, and polls with the device code.",
    body: .form(
      .object([.required("client_id", .string())]), example: #"{"client_id":"relink-app"}"#),
    answers: [
      .ok(
        "The codes.",
        .object([
          .required("device_code", .string()), .required("user_code", .userCode),
          .required("verification_uri", .string(format: "uri")),
          .required("verification_uri_complete", .string(format: "uri")),
          .required("expires_in", .unsigned(UInt32.self).described("Seconds.")),
          .required("interval", .unsigned(UInt32.self).described("Seconds between two polls.")),
        ])),
      .unauthenticatedClient,
    ])

  static let showDevicePage = RouteOperation(
    "showDevicePage", .signIn, "The form in which an owner types the code of a device",
    parameters: [.query("user_code", .string(), "Stands in the form already.")],
    answers: [.page(200, "The form.")])

  static let decideDevice = RouteOperation(
    "decideDevice", .signIn, "A user code, and then what the owner decided",
    details: "What the forms send: first the code alone, then with the decision.",
    body: .form(
      .object([
        .required("user_code", .string().described("In either case, with dashes or without.")),
        .optional("decision", .words(["allow", "deny"])),
        .optional("email", .email.described("With `allow`.")),
        .optional("password", .string().described("With `allow`.")),
      ])),
    answers: [
      .page(200, "Who asks, with the form of the sign-in; or that it is decided."),
      Answer(
        status: 400,
        description: "No device waits under this code, or email or password are missing: the form "
          + "again; another parameter is wrong: a refusal.",
        headers: Answer.Header.ofPage.map(\.optional), contents: [.html, .json(.refusal)]),
      .page(403, "Wrong e-mail address or password: the form again."),
      .page(
        429, "Too many wrong codes or failed logins: the form again.", headers: [.retryAfter]),
    ])
}

extension Schema {
  fileprivate static let userCode = Schema.string(
    pattern: "^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$")
}
