import CloudCore
import Simulation

extension Grammar {
  /// What the real cloud can be told to harm, and how.
  private static let realExchanges: [Fault.Exchange] = [.refresh, .pairing, .relink, .login]

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
        "It happens, and the answer breaks off after so many bytes.", virtualOnly: true),
      Key("delay", .duration(.positive), "The answer comes so much later.", virtualOnly: true),
      Key("duplicate", .flag, "The request arrives twice.", virtualOnly: true),
      Key(
        "status", .integer(400...599), "The cloud does nothing and answers this.", virtualOnly: true
      ),
      Key("retry_after", .duration(.seconds), "What `status` says as `Retry-After`."),
      Key(
        "of",
        .word(Fault.Exchange.words(virtualOnly: { !realExchanges.contains($0) })),
        "What is harmed.", required: true),
      Key("device", .devices, "Whose; anybody's when neither this nor `owner` is there."),
      Key("owner", .name(.owner), "Whose app's."),
      Key("nth", .integer(1...1_000_000), "The first that is harmed, from now on.", default: "1"),
      Key("times", .integer(1...1_000_000), "So many one after the other.", default: "1"),
    ],
    rules: [
      .exactlyOne(["cut", "cut_after_byte", "delay", "duplicate", "status"]),
      .needs("retry_after", "status"), .atMostOne(["device", "owner"]),
    ])

  static let logout = Shape(
    "a logout", "As a value of `logout`: who, and why.",
    [
      Key("everyone", .flag, "Every client of every account."),
      Key("kind", .word(ClientKind.words()), "All clients of a kind."),
      Key("account", .name(.owner), "All clients of an account."),
      Key("device", .name(.device), "A device."),
      Key("session", .name(.owner), "The session of this owner's app."),
      Key("reason", .text(.sentence), "What the clients are told.", default: logoutReason),
    ], rules: [.exactlyOne(["everyone", "kind", "account", "device", "session"])])

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
            case .replayed: "taken for theft: the session is ended"
            case .loggedOut, .sessionEnded, .tokenUnknown: nil
            }
          }), "What the cloud must answer; anything when absent."),
      Key("at_once", .integer(1...1_000), "So often at the same time.", default: "1"),
    ])
}
