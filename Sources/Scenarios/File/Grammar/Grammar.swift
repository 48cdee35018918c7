import Simulation

/// The scenario language. The reader's checks, the JSON Schema for editors and the reference in
/// `docs/scenarios.md` are all made from this.
enum Grammar {
  /// No more can be read from one file.
  static let maximumStepCount = 10_000
  static let maximumFleetCount = 5_000_000

  static let scenario = Shape(
    "a scenario", "The whole file.",
    [
      Key("scenario", .text(.name), "The name, as reports show it.", required: true),
      Key("shows", .text(.sentence), "What it shows, in a sentence."),
      Key(
        "ways", .list(.word(Scenario.Way.words()), atMost: 2), "How it can be run.",
        default: "[virtual]"),
      Key(
        "for_each", .variables,
        "One run for each value of a variable: `{ cut: [before_commit, after_commit] }` or `{ byte: 0..700 }`; with several variables, one for each combination. `$byte` stands for the value, in any value below."
      ),
      Key(
        "variant", .text(.sentence),
        "Which of several runs this is; in a file that was written for one run of `for_each`."),
      Key(
        "violates", .integer(1...11),
        "The rule of \"Always true\" that must be seen broken, because something in the scenario is broken on purpose."
      ),
      Key(
        "drawn", .flag,
        "Of what `relink simulate` writes: made by chance, so a step that cannot be done when its turn comes is passed over, and a fault need not strike."
      ),
    ] + shared)

  /// What is included by a scenario.
  static let part = Shape(
    "a part",
    "A file that scenarios include, in a folder named `parts`. Its lists come before those of the file that includes it; where both have a setting, the including file's holds.",
    shared)

  private static let shared: [Key] = [
    Key(
      "include", .list(.text(.path), atMost: 16),
      "Files with more of the keys below, such as `parts/one-home.yaml`."),
    Key("cloud", .mapping(cloud), "The cloud's settings."),
    Key("timing", .mapping(timing), "The devices' constants."),
    Key("weather", .mapping(weather), "What befalls messages.", virtualOnly: true),
    Key("homes", .list(.mapping(home), atMost: 1_000), "Where devices are."),
    Key("owners", .list(.mapping(owner), atMost: 1_000), "Who has an account."),
    Key("devices", .list(.mapping(device), atMost: 1_000), "What is tested."),
    Key(
      "fleet", .mapping(fleet), "Many homes that are all alike, beside those that are named.",
      virtualOnly: true),
    Key(
      "steps", .list(.mapping(step), atMost: maximumStepCount),
      "What happens and what must be so, in this order."),
    Key(
      "claims", .list(.mapping(claim), atMost: 1_000), "What must be so of the counts, at the end."),
  ]

  /// Every mapping, in the order of the reference.
  static let shapes: [Shape] = [
    scenario, part, cloud, policies, policy, timing, weather, home, network, owner, device, fleet,
    step, pairing,
    makeToken, showing, networkChange, usage, powering, powerCut, networkStep, routerReplacement,
    fault, logout, clock, refreshing, theft, replay, expectation, claim,
  ]
}
