import CloudCore
import DeviceProtocol
import Simulation
import Testing

/// A wrong answer, and the rule by which it must be caught.
struct Forgery: Sendable, CustomTestStringConvertible {
  let name: String
  let rule: Int
  let play: @Sendable (inout ModelStage) -> Violation?
  var settings = Scenario.CloudSettings()

  init(_ rule: Int, _ name: String, _ play: @escaping @Sendable (inout ModelStage) -> Violation?) {
    self.rule = rule
    self.name = name
    self.play = play
  }

  func under(_ binding: BindingPolicy) -> Forgery {
    var forgery = self
    forgery.settings.binding = binding
    return forgery
  }

  var testDescription: String { self.name }
}

@Suite struct ForgeryTests {
  @Test(arguments: Forgery.ofTokens + Forgery.ofPairing + Forgery.ofData)
  func `a forged answer is caught`(_ forgery: Forgery) throws {
    var stage = ModelStage(forgery.settings)
    let violation = try #require(forgery.play(&stage))
    #expect(violation.rule == forgery.rule, "\(violation.seen)")
    // Tokens are words such as `a-17` here.
    for word in violation.seen.split(separator: " ") {
      #expect(word.wholeMatch(of: /[arcps]-[0-9]+,?/) == nil)
    }
  }
}
