import CloudCore
import Simulation

extension Grammar {
  private static let phases = Fault.Phase.words {
    switch $0 {
    case .beforeCommit: "nothing happens in the cloud"
    case .afterCommit: "it happens"
    }
  }

  static let fault = Shape(
    "a fault", "As a value of `fault`: which exchange is harmed, and how.",
    [
      Key(
        "cut",
        .word([
          Word("before_commit", "the request is lost, and nothing happens"),
          Word("after_commit", "it happens, and the answer is lost"),
        ]), "The connection breaks."),
      Key(
        "cut_after_byte", .integer(0...1_048_576),
        "It happens, and the answer breaks off after so many bytes."),
      Key(
        "delay", .duration(DurationRule(range: .milliseconds(1)...(.seconds(600)))),
        "So much later; with the `phase` before the commit the request is served then."),
      Key("duplicate", .flag, "The request arrives twice.", virtualOnly: true),
      Key("status", .integer(400...599), "The cloud answers this."),
      Key("retry_after", .duration(.seconds), "What `status` says as `Retry-After`."),
      Key(
        "malformed",
        .word(
          Fault.Malformation.words {
            switch $0 {
            case .truncated: "its first half"
            case .notJSON: "an HTML page"
            case .wrongType: "the same members with values of other types"
            case .empty: "nothing"
            }
          }),
        "The answer's body is spoilt; one without a body (a heartbeat's, the redirect of a login) goes as it is."
      ),
      Key(
        "phase", .word(phases),
        "Of `status`, where it is `before_commit` when absent, `delay` and `malformed`, where it is `after_commit`."
      ),
      Key(
        "ending",
        .word(
          Fault.Ending.words {
            switch $0 {
            case .close: "a FIN"
            case .reset: "a RST"
            }
          }), "How a connection that breaks ends.", default: "close"),
      Key(
        "of", .word(Fault.Exchange.words()),
        "What is harmed. In the real way `any` needs a `device`.", required: true),
      Key("device", .devices, "Whose; anybody's when neither this nor `owner` is there."),
      Key("owner", .name(.owner), "Whose app's."),
      Key("nth", .integer(1...1_000_000), "The first that is harmed, from now on.", default: "1"),
      Key("times", .integer(1...1_000_000), "So many one after the other.", default: "1"),
    ],
    rules: [
      .exactlyOne(["cut", "cut_after_byte", "delay", "duplicate", "status", "malformed"]),
      .needs("retry_after", "status"), .atMostOne(["device", "owner"]),
      .atMostOne(["phase", "cut"]), .atMostOne(["phase", "cut_after_byte"]),
      .atMostOne(["phase", "duplicate"]), .atMostOne(["ending", "delay"]),
      .atMostOne(["ending", "duplicate"]), .atMostOne(["ending", "status"]),
      .atMostOne(["ending", "malformed"]),
    ])

  static let logout = Shape(
    "a logout", "As a value of `logout`: who, and why.",
    [
      Key("everyone", .flag, "Every client of every account."),
      Key("kind", .word(ClientKind.words()), "All clients of a kind."),
      Key("account", .name(.owner), "All clients of an account."),
      Key("device", .name(.device), "A device."),
      Key("session", .name(.owner), "The session of this owner's app."),
      Key("region", .text(.region), "All clients of the accounts that are at home there."),
      Key(
        "issued_before", .oneOf([.word([Word("now")]), .duration(.any)]),
        "Whatever was minted earlier than so long ago; `now` is exact."),
      Key(
        "list",
        .list(
          .oneOf([
            .word([Word("nobody", "what the cloud does not know")]), .name(.device), .name(.owner),
          ]), atMost: 1_000),
        "Devices and owners' accounts, all at once; nobody if one of them is not known."),
      Key("skip_unknown", .truth, "Whether those that are known are logged out all the same."),
      Key("reason", .text(.sentence), "What the clients are told.", default: logoutReason),
    ],
    rules: [
      .exactlyOne([
        "everyone", "kind", "account", "device", "session", "region", "issued_before", "list",
      ]), .needs("skip_unknown", "list"),
    ])

  static let logoutReason = "a forced logout"

  static let refreshing = Shape(
    "a refresh", "As a value of `refresh`, for more than one at a time.",
    [
      Key("owner", .owners, "Whose app.", required: true),
      Key("at_once", .integer(1...1_000), "With the same token, at the same time.", default: "1"),
    ])

  static let theft = Shape(
    "a theft", "As a value of `steal`.",
    [
      Key(
        "from", .oneOf([.name(.device), .name(.owner)]),
        "A device, whose private key is copied too, or an owner's app.", required: true),
      Key("as", .newName(.copy), "For `replay`.", required: true),
    ])

  static let replay = Shape(
    "a replay", "As a value of `replay`.",
    [
      Key("token", .name(.copy), "The stolen copy.", required: true),
      Key(
        "expect",
        .word(
          Action.ReplayAnswer.words {
            switch $0 {
            case .accepted: "the thief gets tokens"
            case .replayed: "taken for theft: what the policy says of one happens"
            case .superseded: "under `grace`, another was given in its place"
            case .sessionExpired: "the session's life is over, as the policy says"
            case .loggedOut, .sessionEnded, .tokenUnknown: nil
            }
          }), "What the cloud must answer; anything when absent."),
      Key("at_once", .integer(1...1_000), "So often at the same time.", default: "1"),
    ])
}
