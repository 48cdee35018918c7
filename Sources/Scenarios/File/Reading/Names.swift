import CloudCore
import Simulation

/// The names that a scenario gives, and those that it uses before they are given.
struct Names {
  var hasFleet = false
  private var given: [NameSpace: [String]] = [:]
  /// Used before they were given; marks, tokens and copies, whose order is told later.
  private var pending: [(name: String, space: NameSpace, place: Place, what: String)] = []

  func known(_ space: NameSpace) -> [String] { self.given[space] ?? [] }

  mutating func give(
    _ text: String, in space: NameSpace, at place: Place, _ what: String
  ) throws(ScenarioError) -> String {
    guard space.rule.accepts(text) else {
      throw place.error("\(what) must be \(space.rule.phrase)")
    }
    let name = space.normal(text)
    guard !self.known(space).contains(name) else {
      throw place.error("there is another \(space.rawValue) called '\(text)'")
    }
    if space == .device,
      Grammar.reservedNicknames.contains(name) || Scenario.Fleet.index(of: name) != nil
    {
      throw place.error("\(what) can't be '\(name)', which means something else in steps")
    }
    self.given[space, default: []].append(name)
    return name
  }

  mutating func use(
    _ text: String, in space: NameSpace, at place: Place, _ what: String
  ) throws(ScenarioError) -> String {
    let name = space.normal(text)
    if self.known(space).contains(name) { return name }
    if space == .device, self.hasFleet, Scenario.Fleet.index(of: name) != nil { return name }
    guard space.isOfSteps else { throw self.unknown(name, space, place, what) }
    self.pending.append((name, space, place, what))
    return name
  }

  /// All names are given now.
  func resolve() throws(ScenarioError) {
    for use in self.pending where !self.known(use.space).contains(use.name) {
      throw self.unknown(use.name, use.space, use.place, use.what)
    }
  }

  private func unknown(
    _ name: String, _ space: NameSpace, _ place: Place, _ what: String
  ) -> ScenarioError {
    let names = self.known(space)
    var suggestion = Spelling.suggestion(for: name, among: names)
    if suggestion == nil, !names.isEmpty, names.count <= 8 {
      suggestion = "there is \(names.joined(separator: ", "))"
    }
    return place.error("\(what): there is no \(space.rawValue) '\(name)'", suggestion: suggestion)
  }
}

extension NameSpace {
  /// As the name is kept; addresses are equal in whatever case.
  fileprivate func normal(_ text: String) -> String {
    self == .owner ? EmailAddress(text)?.text ?? text : text
  }
}
