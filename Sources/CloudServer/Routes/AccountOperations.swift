/// Accounts, and the owner's sign-in in a browser.
extension RouteOperation {
  static let register = RouteOperation(
    "register", .signIn, "Open an account",
    body: .json(
      .request([
        .required("email", .email),
        .required("password", .newPassword),
        .optional("region", .region.orNull.described("Absent: the cloud's default.")),
      ]), example: #"{"email":"ada@example.org","password":"analytical-engine-1843"}"#),
    answers: [
      .created(
        "The account is open.",
        .object([
          .required("account_id", .uuid), .required("email", .email),
          .required("region", .region),
        ])),
      .refusal(400, "The body is malformed, or the password is refused; `reason` says why."),
      .refusal(409, "There is an account with this e-mail address."),
      .refusal(429, "This address has opened too many accounts.", headers: [.retryAfter]),
    ])

  static let showAuthorizationForm = RouteOperation(
    "showAuthorizationForm", .signIn, "The form in which an owner logs in and allows a client",
    details: "RFC 6749 §4.1.1 with PKCE (RFC 7636), which is required.",
    parameters: Self.authorizationParameters.map { name, schema, description in
      .query(name, schema, description, isRequired: !Self.isOptional(name))
    },
    answers: [.page(200, "The form."), .backToClient])

  static let decideAuthorization = RouteOperation(
    "decideAuthorization", .signIn, "What the owner decided",
    details: "What the form sends. A login that fails shows the form again. If the account has a "
      + "second factor, the form asks for its code after the right password: then `login` and "
      + "`code` come instead of `email` and `password`, with the cookie that was set.",
    body: .form(
      .object(
        Self.authorizationParameters.map { name, schema, description in
          Self.isOptional(name)
            ? .optional(name, schema.described(description))
            : .required(name, schema.described(description))
        } + [
          .required("decision", .words(["allow", "deny"])),
          .optional("email", .email.described("With `allow`.")),
          .optional("password", .string().described("With `allow`.")),
          .optional("login", .string().described("Hidden in the form that asks for the code.")),
          .optional(
            "code", .string().described("Of the authenticator, or a recovery code.")),
        ])),
    answers: [
      .page(
        200, "The password was right: the form that asks for the code of the second factor.",
        headers: [.cookie]),
      .backToClient,
      Answer(
        status: 400,
        description:
          "Email, password or code are missing: the form; another parameter is wrong, the "
          + "client or its `redirect_uri` among them: a refusal.",
        headers: Header.ofPage.map(\.optional), contents: [.html, .json(.refusal)]),
      .page(403, "Wrong e-mail address, password or code: the form again."),
      .page(429, "Too many failed logins: the form again.", headers: [.retryAfter]),
    ])

  private typealias Header = Answer.Header

  private static func isOptional(_ name: String) -> Bool {
    ["state", "dpop_jkt"].contains(name)
  }

  private static let authorizationParameters: [(String, Schema, String)] = [
    ("response_type", .constant("code"), "The flow."),
    ("client_id", .text, "Which client asks."),
    ("redirect_uri", .string(format: "uri"), "One that is registered for the client."),
    ("state", .string(), "Given back as it is."),
    (
      "code_challenge", .string(pattern: "^[A-Za-z0-9_-]{43}$"),
      "The SHA-256 of the code verifier in base64url."
    ),
    ("code_challenge_method", .constant("S256"), "How the challenge was made."),
    (
      "dpop_jkt", .string(pattern: "^[A-Za-z0-9_-]{43}$"),
      "Thumbprint of the key that the code is for (RFC 9449 §10); not needed."
    ),
  ]
}

extension RouteOperation.Answer {
  static func page(
    _ status: Int, _ description: String, headers: [Header] = []
  ) -> Self {
    Self(
      status: status, description: description, headers: Header.ofPage + headers,
      contents: [.html])
  }

  fileprivate static let backToClient = Self(
    status: 303,
    description: "To the `redirect_uri` with `iss` (RFC 9207), `state` if there was one, and "
      + "`code`; or `error` and `error_description` (RFC 6749 §4.1.2.1).",
    headers: [.location, .cookie.optional])
}

extension RouteOperation.Answer.Header {
  static let cookie = Self(
    name: "Set-Cookie", description: "What the browser keeps; `docs/sign-in.md`.",
    schema: .string(pattern: "^__Host-relink-"))

  static let ofPage = [
    Self(
      name: "Content-Security-Policy", description: "The page loads and runs nothing.",
      schema: .string(pattern: "^default-src 'none'")),
    Self(
      name: "X-Frame-Options", description: "The page is in no other.", schema: .constant("DENY")),
  ]
}
