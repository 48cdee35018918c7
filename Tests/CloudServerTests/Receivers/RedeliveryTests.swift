import CloudCore
import DeviceProtocol
import HTTPTypes
import Logging
import Testing

@testable import CloudServer

/// Events whose delivery fails, and receivers that are slow.
@Suite(.timeLimit(.minutes(5))) struct RedeliveryTests {
  @Test func `what fails is posted again under the same name until it is taken`() async throws {
    let receiver = ReferenceReceiver(answering: [
      .init(status: 500), .init(status: 500), .init(status: 202), .init(status: 503),
      .init(status: 404), .init(status: 302, headers: ["Location": "/elsewhere"]),
    ])
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        await receiver.waitUntilTaken(2)
        let ids = receiver.posts.map(\.id)
        #expect(ids.count == 7)
        // In order: the second waits for the first.
        #expect(Set(ids.prefix(3)).count == 1)
        #expect(Set(ids.suffix(4)).count == 1)
        #expect(ids.first != ids.last)
        try await DeliveryLab.expect(.init(delivered: 2, retried: 5), at: cloud)
        #expect(try await DeliveryLab.counters(of: cloud).lastFailure == "status 302")
      }
    }
  }

  @Test func `an event whose answer was lost comes again under the same name and counts once`()
    async throws
  {
    let receiver = ReferenceReceiver(answering: [.init(status: 202, isLost: true)])
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver(answerTime: .seconds(8)) { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        try await DeliveryLab.expect(.init(delivered: 1, retried: 1), at: cloud)
        #expect(receiver.posts.count == 2)
        #expect(receiver.taken.count == 1)
        #expect(try await DeliveryLab.counters(of: cloud).lastFailure == "no answer in time")
      }
    }
  }

  @Test func `an answer that never ends is none`() async throws {
    let receiver = ReferenceReceiver(answering: [
      .init(status: 400, body: #"{"err""#, bodyNeverEnds: true)
    ])
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver(answerTime: .seconds(8)) { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        try await DeliveryLab.expect(.init(delivered: 1, retried: 1), at: cloud)
      }
    }
  }

  @Test func `a refusal is for good, and kept with its word alone`() async throws {
    let receiver = ReferenceReceiver(answering: [
      .init(status: 400, body: #"{"err":"invalid_audience","description":"secret words"}"#),
      .init(status: 400, body: "<html>"),
    ])
    let log = LogLines()
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver(from: TestCloud(logger: log.logger(level: .notice))) { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        try await DeliveryLab.expect(.init(failed: 1), at: cloud)
        let list = try await cloud.administer(.get, "/admin/v1/receivers")
        guard case .array(let states)? = try list.json["receivers"], states.count == 1 else {
          Issue.record("no receiver is listed")
          return
        }
        #expect(states[0]["last_failure"]?["cause"] == .text("invalid_audience"))
        #expect(states[0]["last_failure"]?["jti"] == receiver.posts[0].claims["jti"])
        try await DeliveryLab.logOut(at: cloud)
        try await DeliveryLab.expect(.init(failed: 2), at: cloud)
        #expect(try await DeliveryLab.counters(of: cloud).lastFailure == "unknown_error")
        try await DeliveryLab.logOut(at: cloud)
        await receiver.waitUntilTaken(1)
      }
    }
    #expect(receiver.posts.count == 3)
    #expect(log.all.contains { $0.contains("event refused") && $0.contains("invalid_audience") })
    #expect(!log.all.contains { $0.contains("secret words") })
  }

  @Test func `an unreachable receiver delays no logout and no other receiver`() async throws {
    let stuck = ReferenceReceiver(
      answering: Array(repeating: .init(status: 202, delay: .seconds(3_600)), count: 50))
    let other = ReferenceReceiver()
    try await stuck.run { stuckEndpoint in
      try await other.run { endpoint in
        try await DeliveryLab.deliver(answerTime: .seconds(600)) { cloud in
          try await DeliveryLab.subscribe(stuck, stuckEndpoint, at: cloud)
          // Nobody listens there.
          try await DeliveryLab.subscribe(nil, "http://127.0.0.1:1/events", at: cloud)
          try await DeliveryLab.subscribe(other, endpoint, at: cloud)
          try await DeliveryLab.logOut(at: cloud)
          while stuck.posts.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
          // Whoever waited for the stuck one would not get here within the test's time.
          for _ in 1..<20 { try await DeliveryLab.logOut(at: cloud) }
          await other.waitUntilTaken(20)
          #expect(stuck.taken.isEmpty)
          #expect(stuck.posts.count == 1)
        }
      }
    }
  }

  /// To the HTTP client they are the end of the process.
  @Test(arguments: [
    "http://127.0.0.1:99999/e", "http://[::1]:65536/e", "https://192.0.2.1:99999/e",
    "https://%5B%5D/e",
  ])
  func `a receiver that is stored with an endpoint that is none delays no other`(
    endpoint: String
  ) async throws {
    let cloud = TestCloud()
    var random = SystemRandomNumberGenerator()
    let stored = Receiver(
      id: ReceiverID(random: &random), endpoint: endpoint, audience: "qa",
      sealedAuthorization: nil, createdAt: UnixMilliseconds(1), position: 0)
    try await cloud.store.write { try $0.save(stored) }
    let other = ReferenceReceiver()
    try await other.run { endpoint in
      try await DeliveryLab.deliver(from: cloud) { cloud in
        try await DeliveryLab.subscribe(other, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        await other.waitUntilTaken(1)
        while try await DeliveryLab.counters(of: cloud).0.retried == 0 {
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(
          try await DeliveryLab.counters(of: cloud).lastFailure
            == "its endpoint is none that events can go to")
      }
    }
  }

  @Test func `an event that got too old by the cloud's clock is given up after an attempt`()
    async throws
  {
    let cloud = TestCloud()
    let receiver = ReferenceReceiver(answering: [.init(status: 503)])
    try await receiver.run { endpoint in
      try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
      try await DeliveryLab.logOut(at: cloud)
      try await DeliveryLab.logOut(at: cloud)
      cloud.clock.advance(seconds: 3_601)
      try await DeliveryLab.deliver(from: cloud, giveUpSeconds: 3_600) { cloud in
        // The second is as old, and is delivered: it has its attempt.
        try await DeliveryLab.expect(.init(delivered: 1, failed: 1), at: cloud)
        #expect(try await DeliveryLab.counters(of: cloud).lastFailure == "status 503")
        #expect(receiver.posts.count == 2)
      }
    }
  }

  /// The cloud dies when the receiver has taken the event and before that is marked: here the mark
  /// fails with the store, each time that it is tried.
  @Test func `what was taken and not marked is posted again under the same name`() async throws {
    let receiver = ReferenceReceiver()
    let store = ForgetfulStore()
    try await receiver.run { endpoint in
      let cloud = TestCloud(store: store)
      try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
      for _ in 0..<3 { try await DeliveryLab.logOut(at: cloud) }
      store.refusesMarks = true
      try await DeliveryLab.deliver(from: cloud) { _ in await receiver.waitUntilTaken(1) }
      store.refusesMarks = false
      try await DeliveryLab.expect(.init(waiting: 3), at: cloud)
      try await DeliveryLab.deliver(from: cloud) { cloud in
        await receiver.waitUntilTaken(3)
        try await DeliveryLab.expect(.init(delivered: 3), at: cloud)
      }
      #expect(receiver.taken.count == 3)
      #expect(receiver.posts.count >= 4)
      #expect(Set(receiver.posts.map(\.id)).count == 3)
    }
  }

  @Test func `waits grow up to a bound, and are never the same for all`() {
    let policy = DeliveryPolicy()
    var random = SystemRandomNumberGenerator()
    for (failures, bound) in [
      (0, 500), (1, 1_000), (2, 2_000), (6, 32_000), (7, 60_000), (30, 60_000), (4_000_000, 60_000),
    ] {
      let bound = Duration.milliseconds(bound)
      let waits = (0..<50).map { _ in
        policy.wait(afterFailures: UInt32(failures), random: &random)
      }
      #expect(waits.allSatisfy { $0 >= bound * 0.499 && $0 <= bound })
      #expect(Set(waits).count > 10)
    }
  }
}
