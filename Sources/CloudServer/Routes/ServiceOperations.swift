import DeviceProtocol

/// What the cloud says of itself.
extension RouteOperation {
  static let health = RouteOperation(
    "getHealth", .service, "Whether the cloud serves requests",
    answers: [.ok("It does.", .object([.required("status", .constant("ok"))]))])

  static let metadata = RouteOperation(
    "getMetadata", .service, "What an OAuth client has to know",
    details:
      "RFC 8414 §3. The members are those of §2, of RFC 8705 §3.3, RFC 9207 §3 and RFC 9449 §5.1.",
    answers: [
      .ok(
        "The metadata.",
        .object([
          .required("issuer", .url), .required("authorization_endpoint", .url),
          .required("token_endpoint", .url), .required("revocation_endpoint", .url),
          .required("introspection_endpoint", .url),
          .required("device_authorization_endpoint", .url), .required("jwks_uri", .url),
          .required(
            "introspection_endpoint_auth_methods_supported",
            .array(of: .words(["client_secret_basic", "client_secret_post"]))),
          .required("response_types_supported", .array(of: .constant("code"))),
          .required("response_modes_supported", .array(of: .constant("query"))),
          .required(
            "grant_types_supported",
            .array(of: .words(GrantType.allCases.map { "\($0.text)" }))),
          .required("code_challenge_methods_supported", .array(of: .constant("S256"))),
          .required("token_endpoint_auth_methods_supported", .authenticationMethods),
          .required("revocation_endpoint_auth_methods_supported", .authenticationMethods),
          .required("tls_client_certificate_bound_access_tokens", .boolean),
          .required(
            "dpop_signing_alg_values_supported", .array(of: .words(["ES256", "EdDSA"]))),
          .required("authorization_response_iss_parameter_supported", .boolean),
        ]))
    ])
}

extension Schema {
  fileprivate static let url = Schema.string(format: "uri")
  fileprivate static let authenticationMethods = Schema.array(
    of: .words(["none", "tls_client_auth", "client_secret_basic", "client_secret_post"]))
}
