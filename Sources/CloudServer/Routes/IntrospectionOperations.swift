/// What a resource server asks for.
extension RouteOperation {
  static let introspect = RouteOperation(
    "introspectToken", .tokens, "What a token is worth at this moment",
    details: "RFC 7662. Asking changes nothing.",
    body: .form(
      .object([
        .required("token", .text),
        .optional("token_type_hint", .string().described("Not needed.")),
        .optional("client_id", .string().described("Without `Authorization`.")),
        .optional("client_secret", .string().described("Without `Authorization`.")),
      ]), example: #"{"token":"rlka_…"}"#),
    credentials: .resourceServer,
    answers: [
      .ok("Alive, or not.", .oneOf([.inactiveToken, .activeToken])),
      .unauthenticatedClient,
    ])
}

extension Schema {
  fileprivate static let inactiveToken = Schema.object([
    .required("active", .constant(false))
  ]).component("InactiveToken")

  fileprivate static let activeToken = Schema.object([
    .required("active", .constant(true)), .required("client_id", .text),
    .required("sub", .uuid.described("The account.")), .required("iss", .string(format: "uri")),
    .required("iat", .unsigned(UInt64.self)),
    .optional("exp", .unsigned(UInt64.self).described("Absent if it does not die by time.")),
    .optional("jti", .string()), .required("token_use", .words(["access_token", "refresh_token"])),
    .optional("aud", .string(format: "uri")), .optional("token_type", .words(["Bearer", "DPoP"])),
    .required("session_id", .uuid), .optional("device_id", .uuid),
    .optional(
      "cnf",
      .object([
        .optional("x5t#S256", .string(pattern: "^[A-Za-z0-9_-]{43}$")),
        .optional("jkt", .string(pattern: "^[A-Za-z0-9_-]{43}$")),
      ])),
  ]).component("ActiveToken")
}
