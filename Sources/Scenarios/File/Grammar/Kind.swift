/// What a value of a scenario file may be.
indirect enum Kind: Sendable {
  case text(TextRule)
  case word([Word])
  case integer(ClosedRange<Int>)
  case truth
  /// Only `true`.
  case flag
  case duration(DurationRule)
  /// Gives something its name, which nothing else of its kind may have.
  case newName(NameSpace)
  /// Names something that the scenario has.
  case name(NameSpace)
  /// Of at least one item.
  case list(Kind, atMost: Int)
  case mapping(Shape)
  case selection(Selection)
  /// The first that fits.
  case oneOf([Kind])
  /// Of `for_each`: names of variables with their values. It is gone before the rest is read.
  case variables
}

/// A fixed word.
struct Word: Sendable {
  let name: String
  /// For the reference; nil where the word says all.
  let says: String?
  /// Whether a scenario with it can't be run in the real way.
  let isVirtualOnly: Bool

  init(_ name: String, _ says: String? = nil, virtualOnly: Bool = false) {
    self.name = name
    self.says = says
    self.isVirtualOnly = virtualOnly
  }
}

/// What has names of its own.
enum NameSpace: String, CaseIterable, Sendable {
  case home, owner, device, mark, token
  /// A copy of a token in the hands of a thief.
  case copy

  var article: String { self == .owner ? "an" : "a" }

  /// How the names look.
  var rule: TextRule {
    switch self {
    case .home: .name
    case .owner: .email
    case .device: .nickname
    case .mark, .token, .copy: .identifier
    }
  }

  /// Given by steps, so that there is an order of before and after.
  var isOfSteps: Bool {
    switch self {
    case .home, .owner, .device: false
    case .mark, .token, .copy: true
    }
  }
}

struct DurationRule: Sendable {
  var range: ClosedRange<Duration>
  var isWholeSeconds = false

  /// 365,250 days.
  static let longest: Duration = .seconds(365_250 * 86_400)
  /// More than nothing.
  static let positive = DurationRule(range: .milliseconds(1)...longest)
  static let any = DurationRule(range: .zero...longest)
  /// Either way, for clocks.
  static let signed = DurationRule(range: .zero - longest...longest)
  /// What the cloud counts in whole seconds, in 32 bits.
  static let seconds = DurationRule(
    range: .seconds(1)...(.seconds(36_525 * 86_400)), isWholeSeconds: true)
}

/// Of many at once; the same everywhere.
enum Selection: String, CaseIterable, Sendable {
  case devices, owners

  var kinds: [Kind] {
    switch self {
    case .devices:
      [
        .word([
          Word("all", "all of `devices`"), Word("cameras"), Word("scales"),
          Word("fleet", "all of the fleet"),
        ]),
        .name(.device), .list(.name(.device), atMost: 1_000),
      ]
    case .owners:
      [
        .word([Word("all", "all of `owners`"), Word("fleet", "all of the fleet")]),
        .name(.owner), .list(.name(.owner), atMost: 1_000),
      ]
    }
  }

  var phrase: String {
    switch self {
    case .devices: "a device, a list of devices, all, cameras, scales or fleet"
    case .owners: "an owner, a list of owners, all or fleet"
    }
  }
}

extension Kind {
  static let devices = Kind.selection(.devices)
  static let owners = Kind.selection(.owners)

  /// What a value may be, one by one.
  var alternatives: [Kind] {
    switch self {
    case .selection(let selection): selection.kinds
    case .oneOf(let kinds): kinds.flatMap(\.alternatives)
    default: [self]
    }
  }

  /// In plain words, for messages and the reference: `a whole number from 1 to 11`.
  var phrase: String {
    switch self {
    case .text(let rule): rule.phrase
    case .word(let words):
      words.count == 1 ? words[0].name : "one of " + words.map(\.name).joined(separator: ", ")
    case .integer(let range):
      "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .truth: "true or false"
    case .flag: "true"
    case .duration(let rule): rule.phrase
    case .newName(let space): space.rule.phrase
    case .name(let space): "the name of \(space.article) \(space.rawValue)"
    case .list(let kind, _): "a list, each \(kind.phrase)"
    case .mapping(let shape): "a mapping: \(shape.what)"
    case .selection(let selection): selection.phrase
    case .oneOf(let kinds): kinds.map(\.phrase).joined(separator: ", or ")
    case .variables: "names of variables with their values"
    }
  }
}

extension DurationRule {
  var phrase: String {
    var text = "a duration such as 500ms, 4s, 10m, 2h or 1d"
    if self.isWholeSeconds { text = "a duration of whole seconds such as 4s, 10m, 2h or 1d" }
    if self.range.lowerBound < .zero { text += ", also negative" }
    if self.range.lowerBound > .zero {
      text += ", at least \(DurationText.text(of: self.range.lowerBound))"
    }
    return text
  }
}
