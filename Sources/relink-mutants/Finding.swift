import Simulation

/// What a hunt came to: the first rule that was seen broken, or what else there was.
enum Finding: Equatable {
  /// A rule of "Always true".
  case rule(Int, seed: UInt64, seen: String)
  /// Something that a scenario demands did not come, and no rule was seen broken by it.
  case demand(seed: UInt64, seen: String)
  /// A run was not at its end after so many events that none takes without a bug.
  case limit(seed: UInt64)
  /// The program trapped, by this signal.
  case trap(signal: Int32)
  /// It was killed from outside, as a system does that is out of memory.
  case killed(signal: Int32)
  /// The seeds are over, and nothing was seen.
  case nothing
  /// The program did not do what it is for.
  case broken(String)

  /// The name of what it was seen by, as a document has it: a rule's number, `demand`, `limit`, `trap`.
  var word: String? {
    switch self {
    case .rule(let rule, _, _): "\(rule)"
    case .demand: "demand"
    case .limit: "limit"
    case .trap: "trap"
    case .killed, .nothing, .broken: nil
    }
  }

  /// Whether the bug was noticed as it should be: only a rule that is seen broken tells what is wrong,
  /// unless it is documented that the bug shows in another way.
  func isCatch(documented: String) -> Bool {
    if case .rule = self { return true }
    return self.word == documented
  }

  /// Whether it was seen as the document says; `model` is any rule.
  func isAsDocumented(_ documented: String) -> Bool {
    if case .rule = self, documented == "model" { return true }
    return self.word == documented
  }

  var text: String {
    switch self {
    case .rule(let rule, let seed, let seen): "rule \(rule), seed \(seed): \(seen)"
    case .demand(let seed, let seen): "no rule, but a demand, seed \(seed): \(seen)"
    case .limit(let seed): "no rule, but a run without end, seed \(seed)"
    case .trap(let signal): "no rule, but a trap (signal \(signal))"
    case .killed(let signal): "killed from outside (signal \(signal))"
    case .nothing: "nothing was seen"
    case .broken(let why): "no answer: \(why)"
    }
  }
}

/// Between the process of one bug and the one that tells of all: a line.
extension Finding {
  var line: String {
    switch self {
    case .rule(let rule, let seed, let seen): "rule\t\(rule)\t\(seed)\t\(seen)"
    case .demand(let seed, let seen): "demand\t\(seed)\t\(seen)"
    case .limit(let seed): "limit\t\(seed)"
    case .nothing: "nothing"
    case .trap, .killed, .broken: ""
    }
  }

  init(line: String) {
    let fields = line.split(separator: "\t", maxSplits: 3).map(String.init)
    switch (fields.first, fields.count) {
    case ("rule", 4):
      self = .rule(Int(fields[1]) ?? 0, seed: UInt64(fields[2]) ?? 0, seen: fields[3])
    case ("demand", 3): self = .demand(seed: UInt64(fields[1]) ?? 0, seen: fields[2])
    case ("limit", 2): self = .limit(seed: UInt64(fields[1]) ?? 0)
    case ("nothing", 1): self = .nothing
    default: self = .broken("it said '\(line)'")
    }
  }
}
