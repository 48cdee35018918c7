import CloudCore
import DeviceProtocol
import Simulation

extension Grammar {
  private static let ofDevices = [
    "state", "binding", "session", "payload", "wifi", "recordings", "settled",
  ]

  static let expectation = Shape(
    "an expectation", "As a value of `expect`. All conditions must hold, for each of the subjects.",
    [
      Key("device", .devices, "The subjects."),
      Key("owner", .owners, "The subjects."),
      Key("state", .word(JournalState.words()), "What the device does."),
      Key(
        "binding", .oneOf([.word([Word("nobody")]), .name(.owner)]),
        "Whose the device is, as the cloud has it."),
      Key(
        "session",
        .word(
          DeviceSessionState.words {
            switch $0 {
            case .live: nil
            case .dead: "ended or logged out"
            case .none: "it never had one since it was bound"
            }
          }), "The device's, as the cloud has it."),
      Key(
        "payload", .word(JournalPayloadResult.words()),
        "What became of the payload that the device was shown last."),
      Key(
        "wifi", .word(JournalWiFiResult.words()),
        "How the device's last attempt to join a network ended."),
      Key(
        "recordings",
        .oneOf([
          .word([Word("complete", "as many as the device was used for, each exactly once")]),
          .integer(0...1_000_000),
        ]), "How many motions or measurements of the device its owner sees, who must be logged in."
      ),
      Key(
        "settled", .flag,
        "The device is on line and everything is recorded, unless something that lasts keeps it from that: it has no owner, knows no network of its home, or only a new payload helps. Rules 6 and 8.",
        virtualOnly: true
      ),
      Key("logged_in", .truth, "Whether the owner's app is logged in."),
      Key("within", .duration(.positive), "It need not be so at once."),
      Key("for", .duration(.positive), "It must be so at once, and stay so."),
    ],
    rules: [
      .exactlyOne(["device", "owner"]), .atLeastOne(ofDevices + ["logged_in"]),
    ] + ofDevices.map { .needs($0, "device") } + [
      .needs("logged_in", "owner"), .atMostOne(["within", "for"]),
    ])

  static let claim = Shape(
    "a claim", "Each item of `claims`: what is counted, and what the number must be.",
    [
      Key(
        "count", .word(Claim.Counter.words(Self.meaning)),
        "So many of these, by the clients' journals."),
      Key(
        "measure",
        .word([
          Word(
            "peak_percent", "the busiest second's requests, in percent of the steady rate before"),
          Word("peak_per_second", "the busiest second's requests"),
          Word("most_requests_per_device", "the most that one device needed until it was on line"),
        ]), "A figure of what follows `since`.", virtualOnly: true),
      Key(
        "seconds_until_back", .integer(1...100),
        "The seconds from `since` until so many percent of the devices are on line.",
        virtualOnly: true),
      Key(
        "percent_back", .duration(.positive),
        "Of the devices, so many percent were on line again within this time after `since`.",
        virtualOnly: true),
      Key(
        "percent_of_owners_back", .duration(.positive),
        "Likewise of the owners, logged in again.", virtualOnly: true),
      Key(
        "of",
        .oneOf([
          .word([
            Word(
              "links", "all links of the fleet to platforms together", virtualOnly: true)
          ]), .devices, .name(.owner),
        ]),
        "Whose, each for itself; everybody's together when absent."),
      Key("exactly", .integer(0...1_000_000_000_000), "The number."),
      Key("at_least", .integer(0...1_000_000_000_000), "The number or more."),
      Key("at_most", .integer(0...1_000_000_000_000), "The number or less."),
      Key("since", .name(.mark), "From this moment on; from the beginning when absent."),
      Key("until", .name(.mark), "Up to this moment; to the end when absent."),
    ],
    rules: [
      .exactlyOne([
        "count", "measure", "seconds_until_back", "percent_back", "percent_of_owners_back",
      ]),
      .exactlyOne(["exactly", "at_least", "at_most"]), .needs("of", "count"),
    ])

  private static func meaning(of counter: Claim.Counter) -> String? {
    switch counter {
    case .refreshes: "answered with new tokens"
    case .failedRefreshes: "without an answer, or refused"
    case .relinks: "that gave new tokens"
    case .relinkRequests: "whatever the answer"
    case .logouts: "times that the client noticed that it is logged out"
    case .requests: "of all kinds, streams too"
    case .deadTokenRequests:
      "with a token that was dead when they reached the cloud; a thief tries each copied token at several routes"
    case .deadTokensAccepted: "of those the accepted ones"
    case .sessions: "different ones that the client has had"
    case .replays: "that the cloud took for theft"
    case .pairings, .logins, .heartbeats, .boots: nil
    }
  }
}
