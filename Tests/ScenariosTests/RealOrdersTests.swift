import CloudCore
import Foundation
import Simulation
import Testing

@testable import Scenarios

/// What the real cloud is told of a scenario's policies and faults.
struct RealOrdersTests {
  @Test func `policies go into a clients file`() throws {
    var policies = Scenario.ClientPolicies()
    #expect(ClientsFile(policies) == nil)
    policies.app = PolicyPreset.hydra.policy
    policies.scale = TokenPolicy(
      rotation: .retireOnUse, reaction: .refreshTokens, idleSeconds: 7, absoluteSeconds: 9)
    let path = FileManager.default.temporaryDirectory.path + "/clients-\(UUID()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try #require(ClientsFile(policies)).write(to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
    #expect(
      value == [
        "clients": [
          [
            "id": "relink-app", "rotation": ["grace_seconds": 300], "reaction": "consent",
          ] as NSDictionary,
          [
            "id": "relink-scale", "rotation": "retire-on-use", "reaction": "refresh_tokens",
            "idle_seconds": 7, "absolute_seconds": 9,
          ] as NSDictionary,
        ]
      ], "\(text)")
  }

  private static let faults: [(Fault.Harm, @Sendable (inout AdminFault) -> Void)] = [
    (
      .beforeCommit,
      {
        $0.action = "reset"
        $0.phase = "before_commit"
      }
    ),
    (
      .afterByte(17),
      {
        $0.action = "reset"
        $0.afterByte = 17
      }
    ),
    (
      .delay(.milliseconds(1_500), .beforeCommit),
      {
        $0.action = "slow"
        $0.phase = "before_commit"
        $0.delayMs = 1_500
      }
    ),
    (
      .status(503, retryAfter: .seconds(30), .afterCommit),
      {
        $0.action = "status"
        $0.phase = "after_commit"
        $0.status = 503
        $0.headers = ["Retry-After": "30"]
      }
    ),
    (
      .malformed(.notJSON, .afterCommit),
      {
        $0.action = "malformed"
        $0.phase = "after_commit"
        $0.malformed = "not_json"
      }
    ),
  ]

  @Test(arguments: faults.indices)
  func `a fault is told as docs faults has it`(index: Int) throws {
    let (harm, change) = Self.faults[index]
    var fault = Fault(.heartbeat, of: .anybody, harm: harm)
    fault.ending = .reset
    fault.nth = 3
    fault.times = 2
    var expected = AdminFault()
    expected.endpoint = "POST /v1/device/heartbeat"
    expected.skip = 2
    expected.count = 2
    change(&expected)
    #expect(try fault.adminFault() == expected)
  }

  @Test func `an owner's fault is of the app alone`() throws {
    let fault = Fault(.refresh, of: .owner("ada@example.org"), harm: .afterCommit)
    var expected = AdminFault()
    expected.grant = "refresh_token"
    expected.accountEmail = "ada@example.org"
    expected.kind = "app"
    expected.skip = 0
    expected.count = 1
    expected.action = "close"
    expected.phase = "after_commit"
    #expect(try fault.adminFault() == expected)
  }

  @Test func `a fault that duplicates is refused`() {
    #expect(throws: LabError.self) {
      try Fault(.refresh, of: .anybody, harm: .duplicate).adminFault()
    }
  }
}
