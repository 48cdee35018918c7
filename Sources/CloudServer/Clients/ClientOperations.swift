import CloudCore
import DeviceProtocol

/// The clients that are in force.
extension RouteOperation {
  static let listClients = RouteOperation(
    "listClients", .status, "Who may ask for tokens, and what those are worth",
    answers: [.ok("All of them.", .object([.required("clients", .array(of: .oauthClient))]))])
}

extension Schema {
  fileprivate static let oauthClient = Schema.object([
    .required("id", .string()), .required("kind", .clientKind),
    .required("redirect_uris", .array(of: .string())),
    .required("rotation", .rotation), .required("reaction", .words(TheftReaction.self)),
    .required("idle_seconds", .unsigned(UInt32.self).orNull.described("Null: for ever.")),
    .required("absolute_seconds", .unsigned(UInt32.self).orNull.described("Null: for ever.")),
    .required("authentication", .words(AuthenticationWord.self)),
    .required("grants", .array(of: .words(GrantName.self))),
    .required("access_token_format", .words(AccessTokenFormat.self)),
    .required(
      "sender_constraint",
      .words(SenderConstraint.self).described("What its tokens are bound to.")),
    .optional(
      "preset", .words(PolicyPreset.self).described("The one whose policy the client has.")),
  ]).component("OAuthClient")

  private static let rotation = Schema.oneOf([
    .words(["strict", "reusable", "retire-on-use"]),
    .object([.required("grace_seconds", .unsigned(UInt32.self))]),
    .object([.required("idempotent_seconds", .unsigned(UInt32.self))]),
  ]).component("Rotation")
}
