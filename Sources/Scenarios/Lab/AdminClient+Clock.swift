import NIOHTTP1

extension AdminClient {
  package func clock() async throws -> CloudClock {
    try await self.send(.GET, "/admin/v1/clock", expecting: 200)
      .decoded(as: CloudClock.self, from: "the cloud's clock")
  }

  package func setClock(_ request: SetClockRequest) async throws -> CloudClock {
    try await self.send(.PUT, "/admin/v1/clock", json: request, expecting: 200)
      .decoded(as: CloudClock.self, from: "setting the clock")
  }

  package func advanceClock(milliseconds: Int64, force: Bool) async throws -> CloudClock {
    try await self.send(
      .POST, "/admin/v1/clock/advance",
      json: AdvanceClockRequest(milliseconds: milliseconds, force: force), expecting: 200
    ).decoded(as: CloudClock.self, from: "advancing the clock")
  }

  package func freezeClock() async throws -> CloudClock {
    try await self.send(.POST, "/admin/v1/clock/freeze", expecting: 200)
      .decoded(as: CloudClock.self, from: "freezing the clock")
  }

  package func resumeClock() async throws -> CloudClock {
    try await self.send(.POST, "/admin/v1/clock/resume", expecting: 200)
      .decoded(as: CloudClock.self, from: "resuming the clock")
  }
}

/// CLOCK of `docs/protocol.md`.
package struct CloudClock: Codable, Equatable, Sendable {
  package let at: UInt64
  package let time: String
  package let frozen: Bool
  package let aheadMs: Int64
  package let machineAt: UInt64
}

package struct SetClockRequest: Encodable, Sendable {
  package let time: String?
  /// True to follow the machine's clock again.
  package let machine: Bool?
  package let force: Bool

  package init(time: String? = nil, machine: Bool? = nil, force: Bool) {
    self.time = time
    self.machine = machine
    self.force = force
  }
}

private struct AdvanceClockRequest: Encodable, Sendable {
  let milliseconds: Int64
  let force: Bool
}
