import Simulation
import Testing

/// Rule 10, in the simulation's own journal.
@Suite struct SecretsTests {
  private final class Lines { var text = "" }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `no token, password or passphrase is in a journal`(seed: UInt64) throws {
    let scenario = ScenarioDraw.scenario(seed: seed)
    let lines = Lines()
    let log = Log(sink: { entry in
      lines.text += String(decoding: entry.json, as: UTF8.self) + entry.words
    })
    var world = try World(scenario, seed: seed, firmware: .builtIn, log: log)
    let outcome = world.run()
    #expect(outcome.passed, "\(outcome)")
    #expect(!lines.text.isEmpty)
    let routers = scenario.steps.compactMap { step in
      if case .replaceRouter(_, _, let network) = step.action { network } else { nil }
    }
    // An open network has none.
    let passphrases = (scenario.homes.flatMap(\.networks) + routers).map {
      String(decoding: $0.passphrase, as: UTF8.self)
    }.filter { !$0.isEmpty }
    let secrets =
      ["rlka_", "rlkr_", "rlkp_", "rlkc_", "rlkadm_"] + scenario.owners.map(\.password)
      + passphrases
    for secret in secrets {
      #expect(!lines.text.contains(secret), "\(secret.prefix(5))…")
    }
  }
}
