import CloudCore
import DeviceProtocol
import Simulation
import Testing

struct PlainWordsTests {
  @Test(arguments: [
    (Duration.seconds(300), "5m"), (.seconds(90), "90s"), (.milliseconds(1_500), "1500ms"),
    (.seconds(172_800), "2d"), (.zero, "0ms"),
  ])
  func `a duration is told in its largest whole unit`(duration: Duration, words: String) {
    #expect(duration.inWords == words)
  }

  @Test(arguments: [
    (
      Expectation(.devices(.named(["porch"])), [.state(.online)], .within(.seconds(300))),
      "porch is online within 5m"
    ),
    (
      Expectation(
        .devices(.named(["porch", "quay"])), [.session(.live), .binding(nil)],
        .throughout(.seconds(2))), "porch and quay have a live session and belong to nobody for 2s"
    ),
    (
      Expectation(.devices(.kind(.scale)), [.everythingRecorded]),
      "every scale has each of its recordings in the cloud once"
    ),
    (Expectation(.owners(.all), [.loggedIn(false)]), "every owner is logged out"),
  ])
  func `an expectation is told in plain words`(expectation: Simulation.Expectation, words: String) {
    #expect(expectation.inWords == words)
  }

  @Test func `a claim is told in plain words`() {
    var claim = Claim(.counter(.failedRefreshes), of: .devices(.named(["porch"])), .exactly(1))
    claim.since = "logout"
    #expect(claim.inWords == "failed refreshes of porch since logout: exactly 1")
  }
}
