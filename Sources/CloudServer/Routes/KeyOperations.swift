import CloudCore

/// The keys that sign access tokens.
extension RouteOperation {
  static let showKeys = RouteOperation(
    "getKeySet", .tokens, "The public keys of access tokens that are JWTs",
    details: "RFC 7517 §5.",
    answers: [
      .json(
        200, "The keys; to be kept for a minute.",
        .object([.required("keys", .array(of: .publicKey))]),
        headers: [
          .init(
            name: "Cache-Control", description: "A new key is published for longer than this.",
            schema: .constant("public, max-age=60"))
        ])
    ])

  static let listKeys = RouteOperation(
    "listKeys", .keys, "The keys that are published",
    answers: [
      .ok(
        "In the order in which they sign.", .object([.required("keys", .array(of: .signingKey))]))
    ])

  static let rotateKeys = RouteOperation(
    "rotateKeys", .keys, "Make another key, which signs after a while",
    details: "The one before it stays published until its last token has expired.",
    body: .json(
      .request([
        .optional(
          "algorithm",
          .words(SigningAlgorithm.self)
            .described("By which it signs; that of the newest key unless told.").orNull),
        .optional(
          "lead_seconds",
          .integer(0...KeyRotationBody.longestLeadSeconds)
            .described("How long it is published before it signs; 300 unless told.").orNull),
      ]), example: #"{"algorithm":"RS256","lead_seconds":60}"#),
    answers: [
      .created("The key is published.", .signingKey),
      .refusal(409, "\(Cloud.largestKeyCount) keys are published already."),
    ])
}

extension Schema {
  fileprivate static let publicKey = Schema.oneOf([
    .object([
      .required("kty", .constant("EC")), .required("crv", .constant("P-256")),
      .required("alg", .constant("ES256")), .required("use", .constant("sig")),
      .required("kid", .keyBytes), .required("x", .keyBytes), .required("y", .keyBytes),
    ]),
    .object([
      .required("kty", .constant("RSA")), .required("alg", .constant("RS256")),
      .required("use", .constant("sig")), .required("kid", .keyBytes),
      .required("n", .string(pattern: "^[A-Za-z0-9_-]{342}$")), .required("e", .constant("AQAB")),
    ]),
  ]).component("PublicKey")

  fileprivate static let signingKey = Schema.object([
    .required("kid", .keyBytes), .required("algorithm", .words(SigningAlgorithm.self)),
    .required("state", .words(["waiting", "signing", "retired"])),
    .required("created_at", .time), .required("signs_from", .time),
    .optional("signs_until", .time), .optional("published_until", .time),
  ]).component("SigningKey")

  /// 32 bytes in base64url.
  private static let keyBytes = Schema.string(pattern: "^[A-Za-z0-9_-]{43}$")
}
