import Simulation
import Testing

@Suite struct ModelAgainstCloudTests {
  private static let seedsOfEach: UInt64 = 50

  /// What the cloud must have answered at some time, or the run shows nothing.
  private static let answers = [
    "granted", "done", "code", "pairingToken", "logout", "logout of nobody",
    "logout to come", "400 logged_out", "400 session_ended",
    "400 replayed", "400 superseded", "400 session_expired", "400 token_unknown",
    "400 pairing_token_unknown",
    "400 pairing_token_expired", "400 pairing_token_used", "400 already_bound", "400 not_bound",
    "400 pairing_required", "400 authorization_pending", "400 invalid_grant",
    "400 invalid_request", "401 invalid_client", "401 expired", "401 logged_out",
    "401 session_ended", "401 token_unknown", "401 wrong_certificate", "403",
    "403 insufficient_scope",
    "404 not_found", "409 conflict",
  ]

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `the cloud answers as the model says`(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * Self.seedsOfEach..<(batch + 1) * Self.seedsOfEach {
      var driver = ModelDriver(seed: seed)
      if let (violation, place) = try driver.run(operations: 250) {
        Issue.record("seed \(seed), \(place): rule \(violation.rule): \(violation.seen)")
        return
      }
      #expect(try driver.agreesOnLiveSessions(), "seed \(seed)")
      seen.merge(driver.seen) { $0 + $1 }
    }
    for answer in Self.answers where seen[answer] == nil {
      Issue.record("never seen: \(answer)")
    }
  }
}
