import Foundation
import Simulation
import Testing

@testable import Scenarios

/// A tripwire for hidden randomness: the order of a set or a dictionary, an address, a clock. Those
/// differ from process to process, so two runs in one process could agree by luck; this digest was
/// written down by another process.
@Suite struct DigestTests {
  private static let text = """
    scenario: a tripwire
    cloud: { access_token_lifetime: 60s, rotation_window: 10s, relink_interval: 1s }
    weather:
      latency: 35ms
      jitter: 200ms
      lost_requests: 30
      lost_responses: 30
      truncated_responses: 30
      duplicated_requests: 30
      half_open_streams: 100
    homes:
      - { name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }
      - { name: Harbour, networks: [{ ssid: Quay, passphrase: another34 }] }
    owners:
      - { email: ada@example.org, password: analytical, home: Hillside }
      - { email: grace@example.org, password: nanoseconds, home: Harbour }
    devices:
      - { nickname: porch, kind: camera, model: cam-1, firmware: 2.0.0, owner: ada@example.org, network: Hill }
      - { nickname: garage, kind: camera, model: cam-1, firmware: 1.0.0, owner: ada@example.org, network: Hill }
      - { nickname: bath, kind: scale, model: scale-1, firmware: 1.0.0, owner: grace@example.org, network: Quay }
    steps:
      - pair: all
      - wait: 5m
      - use: all
      - cut_power: { device: porch, before_operation: 3 }
      - wait: 2m
      - power: { device: porch, is: on }
      - steal: { from: ada@example.org, as: copy }
      - refresh: ada@example.org
      - replay: { token: copy, at_once: 3 }
      - cloud: crash
      - wait: 2s
      - logout: { everyone: true, reason: drill }
      - wait: 2m
      - login: all
      - wait: 10m
      - look: all
      - wait: 10s
    """

  /// When the behaviour of devices, cloud or simulation changes on purpose, this changes too: the
  /// failure says what to write. When nothing was to change, something is random that should not be.
  private static let digest = "9dee819f3e05dccdb6f93e42318f428912f91f6f94ecea07c9071ec97fef2ff6"

  @Test func `a scenario and a seed have the digest that was written down`() throws {
    let scenario = try #require(try ScenarioFile.parse(Self.text, file: "tripwire.yaml").first)
    let outcome = VirtualRun.run(
      scenario, seed: 2_019, firmware: .builtIn, log: Log(.digest)
    ).outcome
    #expect(outcome.failure == nil)
    #expect(outcome.statistics.events > 300)
    #expect(outcome.statistics.journalDigest == Self.digest)
  }
}
