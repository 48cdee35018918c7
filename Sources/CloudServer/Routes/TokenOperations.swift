import DeviceProtocol

/// The endpoints of OAuth clients.
extension RouteOperation {
  static let token = RouteOperation(
    "requestToken", .tokens, "Exchange a grant for tokens",
    details:
      "RFC 6749 §3.2. A device shows its certificate (RFC 8705 §2.1), a confidential client its "
      + "secret, in one way and not in two. One whose tokens are to be bound to a key sends a proof "
      + "(RFC 9449 §5).",
    parameters: [.dpopProof],
    body: .form(
      .oneOf([
        .grant(
          .authorizationCode,
          [
            .required("code", .text), .required("redirect_uri", .string(format: "uri")),
            .required("code_verifier", .string(pattern: "^[A-Za-z0-9._~-]{43,128}$")),
          ]),
        .grant(.refreshToken, [.required("refresh_token", .text)]),
        .grant(.deviceCode, [.required("device_code", .text)]),
        .grant(
          .pairing,
          [
            .required("pairing_token", .text), .required("model", .printable),
            .required("firmware_version", .printable),
          ]),
        .grant(.relink, [.required("firmware_version", .printable)]),
      ]),
      example: #"{"grant_type":"refresh_token","client_id":"relink-app","refresh_token":"rlkr_…"}"#),
    credentials: .certificate,
    answers: [
      .json(
        200, "New tokens.", .grantedTokens,
        headers: [
          .dpopNonce.optional,
          .init(
            name: "Pragma", description: "For caches of HTTP/1.0 (RFC 6749 §5.1).",
            schema: .constant("no-cache")),
        ]),
      .refusal(
        400, "A parameter or the proof is wrong, or the grant is refused: `reason` says why.",
        headers: [.retryAfter.optional, .dpopNonce.optional]),
      .unauthenticatedClient,
    ])

  static let revoke = RouteOperation(
    "revokeToken", .tokens, "End the session of a token",
    details: "RFC 7009. The token may be unknown or dead, but not another client's.",
    body: .form(
      .object(
        [
          .required("token", .text),
          .optional("token_type_hint", .string().described("Not needed.")),
        ] + Schema.clientMembers), example: #"{"token":"rlkr_…","client_id":"relink-app"}"#),
    credentials: .certificate,
    answers: [
      Answer(status: 200, description: "The token is dead. There is no body."),
      .refusal(
        400, "A parameter is wrong, or the token is another client's (`invalid_grant`)."),
      .unauthenticatedClient,
    ])

  static let showSession = RouteOperation(
    "getSession", .tokens, "Whose the access token is",
    answers: [
      .ok(
        "The session.",
        .object([
          .required("kind", .clientKind), .required("account_id", .uuid),
          .required("session_id", .uuid), .optional("device_id", .uuid),
        ]))
    ])
}

extension RouteOperation.Answer {
  static let unauthenticatedClient = refusal(
    401,
    "`invalid_client`: the client is unknown, or did not show the certificate or secret it has to.",
    headers: [
      .init(
        name: "WWW-Authenticate", description: "If the request had an `Authorization`.",
        schema: .constant(#"Basic realm="relink""#), isRequired: false)
    ])
}

extension Schema {
  static let printable = Schema.string(count: 1...64, pattern: "^[ -~]*$")
    .component("PrintableText")

  static let grantedTokens = Schema.object([
    .required("access_token", .string()), .required("token_type", .words(["Bearer", "DPoP"])),
    .required("expires_in", .unsigned(UInt32.self).described("Seconds.")),
    .required("refresh_token", .string()), .required("account_id", .uuid),
    .optional("device_id", .uuid.described("Of a device's tokens.")),
  ]).component("GrantedTokens")

  fileprivate static let clientMembers: [Member] = [
    .optional("client_id", .text.described("Not needed beside `Authorization`.")),
    .optional(
      "client_secret",
      .string().described("Of a confidential client; not beside `Authorization`.")),
  ]

  fileprivate static func grant(_ type: GrantType, _ members: [Member]) -> Schema {
    .object(
      [
        .required("grant_type", .constant("\(type.text)"))
      ] + Self.clientMembers + members)
  }
}

extension RouteOperation.Parameter {
  fileprivate static let dpopProof = header(
    "DPoP", .string(), "A proof that the client holds a key (RFC 9449 §4).")
}
