import CloudCore
import DeviceProtocol
import Simulation

extension Grammar {
  static let home = Shape(
    "a home", "A place with Wi-Fi.",
    [
      Key("name", .newName(.home), "For owners and steps.", required: true),
      Key(
        "networks", .list(.mapping(network), atMost: 100), "All that are in the air there.",
        required: true),
    ])

  static let network = Shape(
    "a network", "A Wi-Fi network.",
    ssidKeys("ssid", "Its name.") + [
      Key(
        "security",
        .word(
          NetworkSecurity.words {
            switch $0 {
            case .wpa2:
              "a passphrase of 8 to 63 printable ASCII characters, or 64 hexadecimal digits"
            case .sae: "WPA3, any passphrase"
            case .open: "no passphrase"
            }
          }), "How it is protected.", default: "wpa2"),
      Key("passphrase", .text(.passphrase), "Required unless it is open."),
      Key("hidden", .truth, "Whether it does not tell its name.", default: "false"),
      Key("signal_dbm", .integer(-100...0), "How strong it is.", default: "-55"),
    ], rules: [.exactlyOne(["ssid", "ssid_hex"])])

  static let owner = Shape(
    "an owner", "Has an account, and an app that is logged in when the scenario begins.",
    [
      Key("email", .newName(.owner), "Names the owner in steps too.", required: true),
      Key("password", .text(.password), "Of the account.", required: true),
      Key("home", .name(.home), "Where the owner's devices are.", required: true),
      Key(
        "region", .text(.region), "Where the account is at home, for logouts of a region.",
        default: Region.standard.text),
    ])

  static let device = Shape(
    "a device",
    "Has power, stands in its owner's home, and is as it left the factory when the scenario begins: `pair` it first.",
    [
      Key(
        "nickname", .newName(.device),
        "Names the device in steps too. Not `all`, `cameras`, `scales`, `fleet`, `fleet-1` and so on, `cloud`, `nobody`.",
        required: true),
      Key("kind", .word(DeviceKind.words()), "What it is.", required: true),
      Key(
        "model", .text(.version), "Of `firmware-images/manifest.json`: `cam-1`.", required: true),
      Key("firmware", .text(.version), "The version that it runs: `2.0.0`.", required: true),
      Key("owner", .name(.owner), "Whose app pairs it.", required: true),
    ] + ssidKeys("network", "The network of the owner's home that it is given.") + [
      Key(
        "relink", .word(relinkWords), "How it comes back after a forced logout.", default: "owner"),
      Key(
        "clock_offset", .duration(.signed),
        "How far its wall clock is ahead; behind when negative.", default: "0s", virtualOnly: true),
    ], rules: [.exactlyOne(["network", "network_hex"])])

  /// A network is named by its text, or by its bytes in hexadecimal under a key of their own.
  static func ssidKeys(_ name: String, _ says: String) -> [Key] {
    [
      Key(name, .text(.ssid), says),
      Key(
        "\(name)_hex", .text(.ssidHexadecimal),
        "The same as hexadecimal, for names that are no text."),
    ]
  }

  /// They mean something else in steps, or name processes of the lab.
  static let reservedNicknames = [
    "all", "cameras", "scales", "fleet", "links", "cloud", "lab", "nobody",
  ]
}
