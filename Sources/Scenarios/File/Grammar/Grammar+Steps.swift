import Simulation

extension Grammar {
  static let step = Shape(
    "a step",
    "Each item of `steps` has exactly one of these keys. Steps follow each other at once; only `wait` and `expect` take time.",
    pairingSteps + worldSteps + cloudSteps + ownerSteps,
    rules: [.exactlyOne((pairingSteps + worldSteps + cloudSteps + ownerSteps).map(\.name))])

  private static let pairingSteps = [
    Key("stage", .text(.name), "A title for what follows, in reports."),
    Key("expect", .mapping(expectation), "What must be so: now, `within` a time, or `for` one."),
    Key("wait", .duration(.positive), "Time passes."),
    Key("mark", .newName(.mark), "Names this moment, for claims."),
    Key(
      "pair", .oneOf([.devices, .mapping(pairing)]),
      "The app of the device's owner makes a pairing token and shows it to the device as a payload; a scale's button is pressed first."
    ),
    Key("make_token", .mapping(makeToken), "An app makes a pairing token, to be shown later."),
    Key("show", .mapping(showing), "A payload with a token that was made before is shown."),
    Key(
      "change_network", .mapping(networkChange),
      "The owner's app gives the device another network of the home."),
    Key("reset", .devices, "The button is held for six seconds: a factory reset."),
    Key("remove", .devices, "The owner removes the device with the app."),
  ]

  private static let worldSteps = [
    Key(
      "use", .oneOf([.devices, .mapping(usage)]),
      "Something moves before a camera; somebody steps on a scale."),
    Key("power", .mapping(powering), "Power fails, or comes back."),
    Key(
      "cut_power", .mapping(powerCut),
      "Power fails while the device writes to flash; `power` brings it back."
    ),
    Key("out_of_reach", .devices, "Carried out of reach of all networks."),
    Key("into_reach", .devices, "Carried back home."),
    Key("network", .mapping(networkStep), "A network fails, or comes back."),
    Key(
      "replace_router", .mapping(routerReplacement),
      "A new router: another network in the place of one."),
  ]

  private static let cloudSteps = [
    Key("fault", .mapping(fault), "An exchange with the cloud is harmed."),
    Key(
      "heal", .word([Word("everything")]),
      "Removes all faults and the weather; networks, power and cloud are on again."),
    Key(
      "cloud",
      .word(
        Action.CloudAction.words(
          {
            switch $0 {
            case .stop: "it ends in order, and does not come back by itself"
            case .start: nil
            case .crash: "it is killed, which loses what is not durable, and starts again at once"
            case .backUp: "a copy of the database is kept"
            case .restore: "the copy replaces the database, and the operator logs everybody out"
            }
          })), "What happens to the cloud."),
    Key(
      "logout", .oneOf([.word([Word("everyone")]), .mapping(logout)]),
      "The operator logs out by force. Devices come back as their `relink` says; owners with `login`."
    ),
    Key("clock", .mapping(clock), "A clock jumps.", virtualOnly: true),
  ]

  private static let ownerSteps = [
    Key("login", .owners, "Owners log in with the app."),
    Key("sign_out", .owners, "Owners log out with the app, which revokes its session."),
    Key(
      "refresh", .oneOf([.owners, .mapping(refreshing)]),
      "The owner's app refreshes its access token."),
    Key("look", .owners, "Owners open the app and look at what their devices recorded."),
    Key("steal", .mapping(theft), "A copy is taken of a refresh token."),
    Key("replay", .mapping(replay), "A stolen copy is presented to the cloud."),
  ]
}
