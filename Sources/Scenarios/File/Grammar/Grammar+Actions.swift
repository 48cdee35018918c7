import CloudCore
import Simulation

extension Grammar {
  static let pairing = Shape(
    "a pairing", "As a value of `pair`, where not all is as usual.",
    [
      Key("device", .devices, "What is paired.", required: true),
      Key("owner", .name(.owner), "Whose app makes the token; the device's owner's when absent."),
      Key(
        "passphrase", .text(.passphrase), "The Wi-Fi's in the payload; the right one when absent."),
    ])

  static let makeToken = Shape(
    "a token", "As a value of `make_token`.",
    [
      Key("name", .newName(.token), "For `show`.", required: true),
      Key("owner", .name(.owner), "Whose app makes it.", required: true),
      Key(
        "relink", .word(relinkWords),
        "How the device comes back; `owner` when absent, as the cloud has it."
      ),
    ])

  static let showing = Shape(
    "a showing", "As a value of `show`.",
    [
      Key("token", .name(.token), "The one.", required: true),
      Key("to", .name(.device), "Who sees it.", required: true),
      Key(
        "passphrase", .text(.passphrase), "The Wi-Fi's in the payload; the right one when absent."),
    ])

  static let networkChange = Shape(
    "a change of network", "As a value of `change_network`: a payload without a pairing token.",
    [Key("device", .devices, "What is shown it.", required: true)]
      + ssidKeys("to", "A network that the owner's home has by then."),
    rules: [.exactlyOne(["to", "to_hex"])])

  static let usage = Shape(
    "a use", "As a value of `use`, for more than once.",
    [
      Key("device", .devices, "What is used.", required: true),
      Key("times", .integer(1...10_000), "So often.", default: "1"),
    ])

  static let powering = Shape(
    "a change of power", "As a value of `power`.",
    [
      Key("device", .devices, "Whose power."),
      Key("home", .name(.home), "All devices of a home."),
      Key("is", .word([Word("on"), Word("off")]), "What it is then.", required: true),
    ], rules: [.exactlyOne(["device", "home"])])

  static let powerCut = Shape(
    "a power cut", "As a value of `cut_power`.",
    [
      Key("device", .name(.device), "Whose power.", required: true),
      Key(
        "after_byte", .integer(0...1_048_576),
        "After so many bytes of the next write of credentials are in flash."),
      Key(
        "before_operation", .integer(0...1_048_576),
        "At this operation of the flash (a write unit, a part of an erase), from 0, of the next write "
          + "of credentials; at its end if it has fewer.",
        virtualOnly: true),
      Key(
        "before_any_operation", .integer(0...1_048_576),
        "At this operation of the flash from now on, from 0, whatever is written, removed or erased.",
        virtualOnly: true),
    ], rules: [.exactlyOne(["after_byte", "before_operation", "before_any_operation"])])

  static let networkStep = Shape(
    "a state of a network", "As a value of `network`.",
    [Key("home", .name(.home), "Where it is.", required: true)]
      + ssidKeys("ssid", "A network that the home has by then.") + [
        Key(
          "is",
          .word(
            Action.NetworkState.words {
              switch $0 {
              case .up: nil
              case .off: "its name is not in the air"
              case .routerDown: "in the air, but nothing answers there"
              case .noInternet: "joined as ever, without a way to the cloud"
              }
            }), "What it is then.", required: true)
      ], rules: [.exactlyOne(["ssid", "ssid_hex"])])

  static let routerReplacement = Shape(
    "a new router", "As a value of `replace_router`.",
    [Key("home", .name(.home), "Where it stands.", required: true)]
      + ssidKeys("ssid", "The network that goes.") + [
        Key("with", .mapping(network), "The one that comes.", required: true)
      ], rules: [.exactlyOne(["ssid", "ssid_hex"])])

  static let clock = Shape(
    "a jump of a clock", "As a value of `clock`.",
    [
      Key("of", .oneOf([.word([Word("cloud")]), .name(.device)]), "Whose.", required: true),
      Key("by", .duration(.signed), "Forward; back when negative.", required: true),
    ])
}
