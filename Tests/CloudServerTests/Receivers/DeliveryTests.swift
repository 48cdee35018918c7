import CloudCore
import Crypto
import DeviceProtocol
import Foundation
import HTTPTypes
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import CloudServer

/// Events on their way to a receiver (RFC 8935).
@Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
  /// A cloud whose deliveries run beside the body, with short waits.
  private func with(
    _ cloud: TestCloud, giveUpSeconds: UInt32 = 86_400, answerTime: Duration = .seconds(10),
    _ body: @Sendable (TestCloud) async throws -> Void
  ) async throws {
    var policy = DeliveryPolicy()
    policy.firstWait = .milliseconds(5)
    policy.longestWait = .milliseconds(50)
    policy.giveUpSeconds = giveUpSeconds
    policy.answerTime = answerTime
    let deliveries = ReceiverDeliveries(service: cloud.service, policy: policy)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await deliveries.run() }
      try await body(cloud)
      tasks.cancelAll()
      try await tasks.waitForAll()
    }
  }

  private func subscribe(
    _ endpoint: String, at cloud: TestCloud, more: String = ""
  ) async throws -> String {
    let answer = try await cloud.administer(
      .post, "/admin/v1/receivers", body: #"{"endpoint":"\#(endpoint)","audience":"qa"\#(more)}"#)
    try #require(answer.status == 201)
    return try #require(try answer.string("id"))
  }

  private func logOutEveryone(at cloud: TestCloud) async throws {
    let answer = try await cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"an exercise"}"#)
    try #require(answer.status == 200)
  }

  private struct Counters: Equatable {
    var delivered: Int64 = 0
    var retried: Int64 = 0
    var failed: Int64 = 0
    var waiting: Int64 = 0
  }

  private func counters(of cloud: TestCloud) async throws -> (Counters, lastFailure: String?) {
    let answer = try await cloud.administer(.get, "/admin/v1/receivers")
    guard case .array(let states)? = try answer.json["receivers"], let state = states.first else {
      throw NoReceiver()
    }
    return (
      Counters(
        delivered: state["delivered"]?.integer ?? -1, retried: state["retried"]?.integer ?? -1,
        failed: state["failed"]?.integer ?? -1, waiting: state["waiting"]?.integer ?? -1),
      state["last_failure"]?["cause"]?.stringBytes.map { String(decoding: $0, as: UTF8.self) }
    )
  }

  private struct NoReceiver: Error {}

  /// Until the counters are these: an answer that was given is counted a little later.
  private func expect(_ expected: Counters, at cloud: TestCloud) async throws {
    for _ in 0..<2_000 where try await self.counters(of: cloud).0 != expected {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(try await self.counters(of: cloud).0 == expected)
  }

  /// As a receiver looks, by the published keys alone.
  private func isSigned(_ token: String, by cloud: TestCloud) async throws -> Bool {
    let keys = try await cloud.request(.get, "/oauth/jwks").json
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard case .array(let all)? = keys["keys"], parts.count == 3,
      let bytes = Base64URL.decode(Array(parts[0].utf8)),
      let header = try? JSONValue(parsing: bytes),
      let key = all.first(where: { $0["kid"] == header["kid"] }),
      let x = key["x"]?.stringBytes.flatMap({ Base64URL.decode($0) }),
      let y = key["y"]?.stringBytes.flatMap({ Base64URL.decode($0) }),
      let signature = Base64URL.decode(Array(parts[2].utf8))
    else { return false }
    #expect(header["alg"] == .string(Array("ES256".utf8)))
    let publicKey = try P256.Signing.PublicKey(x963Representation: [4] + x + y)
    return publicKey.isValidSignature(
      try P256.Signing.ECDSASignature(rawRepresentation: signature),
      for: Array("\(parts[0]).\(parts[1])".utf8))
  }

  @Test func `a logout is told, signed, to whom it may concern`() async throws {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await self.with(TestCloud()) { cloud in
        _ = try await cloud.newOwner()
        _ = try await self.subscribe(
          endpoint, at: cloud, more: #","authorization":"Bearer the-receivers-secret""#)
        try await self.logOutEveryone(at: cloud)
        await receiver.waitUntilTaken(1)
        let post = try #require(receiver.posts.first)
        #expect(post.contentType == "application/secevent+jwt")
        #expect(post.authorization == "Bearer the-receivers-secret")
        #expect(post.header?["typ"] == .text("secevent+jwt"))
        #expect(post.claims["iss"] == .text("https://127.0.0.1:8443"))
        #expect(post.claims["aud"] == .text("qa"))
        #expect(try await self.isSigned(post.token, by: cloud))
        let spoilt = post.token.replacing(".", with: ".A", maxReplacements: 1)
        #expect(try await !self.isSigned(spoilt, by: cloud))
        try await self.expect(Counters(delivered: 1), at: cloud)
        #expect(receiver.posts.count == 1)
      }
    }
  }

  @Test func `what fails is posted again under the same name until it is taken`() async throws {
    let receiver = ReferenceReceiver(answering: [
      .init(status: 503), .init(status: 500), .init(status: 404), .init(status: 302),
    ])
    try await receiver.run { endpoint in
      try await self.with(TestCloud()) { cloud in
        _ = try await self.subscribe(endpoint, at: cloud)
        try await self.logOutEveryone(at: cloud)
        try await self.logOutEveryone(at: cloud)
        await receiver.waitUntilTaken(2)
        let ids = receiver.posts.map(\.id)
        #expect(ids.count == 6)
        // In order: the second waits for the first.
        #expect(Set(ids.prefix(5)).count == 1)
        #expect(ids[5] != ids[0])
        try await self.expect(Counters(delivered: 2, retried: 4), at: cloud)
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
      try await self.with(TestCloud(logger: log.logger(level: .notice))) { cloud in
        _ = try await self.subscribe(endpoint, at: cloud)
        try await self.logOutEveryone(at: cloud)
        try await self.expect(Counters(failed: 1), at: cloud)
        #expect(try await self.counters(of: cloud).lastFailure == "invalid_audience")
        try await self.logOutEveryone(at: cloud)
        try await self.expect(Counters(failed: 2), at: cloud)
        #expect(try await self.counters(of: cloud).lastFailure == "unknown_error")
        try await self.logOutEveryone(at: cloud)
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
        try await self.with(TestCloud()) { cloud in
          _ = try await self.subscribe(stuckEndpoint, at: cloud)
          // Nobody listens there.
          _ = try await self.subscribe("http://127.0.0.1:1/events", at: cloud)
          _ = try await self.subscribe(endpoint, at: cloud)
          let clock = ContinuousClock()
          let time = try await clock.measure {
            for _ in 0..<20 { try await self.logOutEveryone(at: cloud) }
          }
          // One that waited for either would take its 10 s, 20 times.
          #expect(time < .seconds(10))
          await other.waitUntilTaken(20)
          #expect(stuck.taken.isEmpty)
        }
      }
    }
  }

  @Test func `a receiver that does not answer in time is asked again`() async throws {
    let receiver = ReferenceReceiver(answering: [.init(status: 202, delay: .seconds(3_600))])
    try await receiver.run { endpoint in
      try await self.with(TestCloud(), answerTime: .milliseconds(300)) { cloud in
        _ = try await self.subscribe(endpoint, at: cloud)
        try await self.logOutEveryone(at: cloud)
        await receiver.waitUntilTaken(1)
        #expect(Set(receiver.posts.map(\.id)).count == 1)
        try await self.expect(Counters(delivered: 1, retried: 1), at: cloud)
        #expect(try await self.counters(of: cloud).lastFailure == "no answer in time")
      }
    }
  }

  @Test func `an event that got too old by the cloud's clock is given up`() async throws {
    let cloud = TestCloud()
    _ = try await self.subscribe("http://127.0.0.1:1/events", at: cloud)
    try await self.logOutEveryone(at: cloud)
    try await self.expect(Counters(waiting: 1), at: cloud)
    cloud.clock.advance(seconds: 3_601)
    try await self.with(cloud, giveUpSeconds: 3_600) { cloud in
      try await self.expect(Counters(failed: 1), at: cloud)
      #expect(try await self.counters(of: cloud).lastFailure == "no connection")
    }
  }

  /// The cloud dies when the receiver has taken the event and before that is marked: here the mark
  /// fails with the store, each time that it is tried.
  @Test func `what was taken and not marked is posted again under the same name`() async throws {
    let receiver = ReferenceReceiver()
    let store = ForgetfulStore()
    try await receiver.run { endpoint in
      let cloud = TestCloud(store: store)
      _ = try await self.subscribe(endpoint, at: cloud)
      for _ in 0..<3 { try await self.logOutEveryone(at: cloud) }
      store.refusesMarks = true
      try await self.with(cloud) { _ in await receiver.waitUntilTaken(1) }
      store.refusesMarks = false
      try await self.expect(Counters(waiting: 3), at: cloud)
      try await self.with(cloud) { cloud in
        await receiver.waitUntilTaken(3)
        try await self.expect(Counters(delivered: 3), at: cloud)
      }
      #expect(receiver.taken.count == 3)
      #expect(receiver.posts.count >= 4)
      #expect(Set(receiver.posts.map(\.id)).count == 3)
    }
  }

  @Test func `a removed receiver is not told any more`() async throws {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await self.with(TestCloud()) { cloud in
        let id = try await self.subscribe(endpoint, at: cloud)
        try await self.logOutEveryone(at: cloud)
        await receiver.waitUntilTaken(1)
        #expect(try await cloud.administer(.delete, "/admin/v1/receivers/\(id)").status == 204)
        #expect(try await cloud.administer(.delete, "/admin/v1/receivers/\(id)").status == 404)
        #expect(try await cloud.administer(.delete, "/admin/v1/receivers/x").status == 404)
        try await self.logOutEveryone(at: cloud)
        let list = try await cloud.administer(.get, "/admin/v1/receivers")
        #expect(try list.json["receivers"] == .array([]))
        #expect(receiver.posts.count == 1)
      }
    }
  }
}
