import CloudCore
import DeviceProtocol
import HTTPTypes
import Testing

@testable import CloudServer

/// What tests of deliveries have in common.
enum DeliveryLab {
  /// Runs the body beside a cloud's deliveries, with short waits.
  static func deliver(
    from cloud: TestCloud = TestCloud(), giveUpSeconds: UInt32 = 86_400,
    answerTime: Duration = .seconds(10),
    after start: AsyncStream<Void> = AsyncStream { $0.finish() },
    _ body: @Sendable (TestCloud) async throws -> Void
  ) async throws {
    var policy = DeliveryPolicy()
    policy.firstWait = .milliseconds(5)
    policy.longestWait = .milliseconds(50)
    policy.giveUpSeconds = giveUpSeconds
    policy.answerTime = answerTime
    let deliveries = ReceiverDeliveries(service: cloud.service, policy: policy, start: start)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await deliveries.run() }
      try await body(cloud)
      tasks.cancelAll()
      try await tasks.waitForAll()
    }
  }

  /// The receiver takes what this cloud signs for its audience.
  ///
  /// - Returns: The id.
  @discardableResult
  static func subscribe(
    _ receiver: ReferenceReceiver?, _ endpoint: String, at cloud: TestCloud,
    audience: String = "qa", more: String = ""
  ) async throws -> String {
    receiver?.trust(
      EventVerifier(issuer: "https://127.0.0.1:8443", audience: audience) {
        try await cloud.request(.get, "/oauth/jwks").json
      })
    let answer = try await cloud.administer(
      .post, "/admin/v1/receivers",
      body: #"{"endpoint":"\#(endpoint)","audience":"\#(audience)"\#(more)}"#)
    try #require(answer.status == 201)
    return try #require(try answer.string("id"))
  }

  static func logOut(
    _ target: String = #""scope":"everyone""#, at cloud: TestCloud
  ) async throws {
    let answer = try await cloud.administer(
      .post, "/admin/v1/logout", body: #"{\#(target),"reason":"an exercise"}"#)
    try #require(answer.status == 200)
  }

  struct Counters: Equatable {
    var delivered: UInt64 = 0
    var retried: UInt64 = 0
    var failed: UInt64 = 0
    var waiting: UInt64 = 0
  }

  /// Of the oldest receiver.
  static func counters(of cloud: TestCloud) async throws -> (Counters, lastFailure: String?) {
    try await cloud.store.read { reader in
      let receiver = try #require(try reader.receivers().first)
      return (
        Counters(
          delivered: receiver.delivered, retried: receiver.retried, failed: receiver.failed,
          waiting: try reader.securityEventCount(after: receiver.position)),
        receiver.lastFailure?.cause
      )
    }
  }

  /// Until the counters are these: an answer that was given is counted a little later.
  static func expect(
    _ expected: Counters, at cloud: TestCloud, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<3_000 where try await self.counters(of: cloud).0 != expected {
      try await Task.sleep(for: .milliseconds(20))
    }
    let counters = try await self.counters(of: cloud).0
    #expect(counters == expected, sourceLocation: sourceLocation)
  }
}
