import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

/// Who watches a run changes nothing in it.
@Suite struct UncheckedTests {
  /// The logout by time hits the token that the app opened its stream with, and not the one that it has
  /// had since: the app stays logged in.
  private static let actions: [Action] = [
    .use(.all, times: 2), .wait(seconds: 30), .logOut(.everyone, reason: "a test"),
    .wait(seconds: 30), .logIn(.all), .wait(seconds: 60), .refresh(.ada, atOnce: 1),
    .wait(seconds: 10), .logOut(.issuedBefore(ago: .seconds(20)), reason: "a test"),
    .expect(Demand(.owners(.ada), [.loggedIn(true)], .throughout(.seconds(60)))),
    .logOut(.kind(.camera), reason: "a test"), .wait(seconds: 600),
    .expect(.all, .state(.online)),
  ]

  @Test func `a run has the same journal with the rules and without them`() throws {
    let plays = try [true, false].map { try Play(.oneHome(Self.actions), checksRules: $0) }
    for play in plays { #expect(play.failures == []) }
    #expect(plays[0].entries("ada@example.org", "loggedOut: reason logged_out").count == 1)
    #expect(plays[0].entries("porch", "to loggedOut").count == 3)
    let (checked, unchecked) = (plays[0].journal, plays[1].journal)
    let other = zip(checked, unchecked).first { $0.words != $1.words || $0.who != $1.who }
    #expect(other == nil, "\(other.map { "\($0.words) \($1.words)" } ?? "")")
    #expect(plays[0].digest == plays[1].digest)
    let counts = plays.map { play in Claim.Counter.allCases.map { play.world.counters.total($0) } }
    #expect(counts[0] == counts[1])
  }
}
