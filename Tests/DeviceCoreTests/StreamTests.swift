import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct StreamTests {
  @Test func `a cloud that closes each stream it accepts is backed off from`() {
    var bench = DeviceBench.online()
    var waits: [UInt32] = []
    for _ in 0..<40 {
      let closed = bench.send(.streamClosed(nil))
      #expect(closed.states == [.offline])
      waits += closed.backoffs
      #expect(bench.wake().streams == ["access-1"] || bench.lastRequest?.name == .refresh)
      if bench.lastRequest?.name == .refresh { bench.grant(1) }
      bench.openStream()
      bench.acceptHeartbeat()
    }
    #expect(waits.count == 40)
    #expect(waits.prefix(3).allSatisfy { $0 <= 4_000 })
    #expect(waits.suffix(20).contains { $0 > 100_000 })
    #expect(waits.allSatisfy { $0 <= 300_000 })
  }

  @Test func `a stream that has lasted ends the backoff`() {
    var timing = DeviceTiming()
    timing.backoffCapMilliseconds = 2_000
    var bench = DeviceBench.online(timing: timing)
    for _ in 0..<12 {
      bench.send(.streamClosed(nil))
      bench.wake()
      bench.openStream()
    }
    bench.acceptHeartbeat()
    bench.now += 60_000
    let closed = bench.send(.streamClosed(nil))
    #expect(closed.reports.contains { if case .backoff(_, 1) = $0 { true } else { false } })
  }

  @Test func `a stream that is never ready is given up`() {
    // The first after a pairing.
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(1)
    #expect(bench.device.lifecycle == .pairing)
    for _ in 0..<2 {
      bench.send(.streamOpened)
      bench.send(.streamEvent(name: bytes("message"), data: []))
      let openedAt = bench.now
      let given = bench.wake()
      #expect(bench.now == openedAt + 30_000)
      #expect(given.contains(.closeStream))
      #expect(given.reports.contains(.request(.stream, .failed(.timedOut))))
      #expect(given.backoffs.count == 1)
      #expect(bench.device.lifecycle == .offline)
      // And each one after that.
      #expect(bench.wake().streams == ["access-1"])
    }
    #expect(bench.openStream().states == [.online])
    #expect(bench.wakeAt != nil)
  }

  @Test func `a stream's clean end is told as that`() {
    var bench = DeviceBench.online()
    let closed = bench.send(.streamClosed(nil))
    #expect(closed.reports.contains(.request(.stream, .ended)))
  }

  @Test func `a logout's reason is kept as far as the journal takes it`() {
    var bench = DeviceBench.online()
    let reason = String(repeating: "why ", count: 60)
    let notice = LogoutNotice(scope: bytes("everyone"), reason: bytes(reason))
    let loggedOut = bench.send(.streamEvent(name: bytes("logged_out"), data: notice.bytes))
    #expect(loggedOut.logoutReasons == [String(reason.prefix(200))])
  }

  @Test func `an expired access token is refreshed`() {
    var bench = DeviceBench.online()
    let expired = bench.send(.streamEvent(name: bytes("expired"), data: bytes("{}")))
    #expect(expired.states == [.offline])
    #expect(bench.wake().requests.map { $0.field("refresh_token") } == ["refresh-1"])
  }

  @Test(arguments: ["expired", "token_unknown", "wrong_certificate", "new"])
  func `an access token that a resource refuses is refreshed`(reason: String) {
    var bench = DeviceBench.online()
    let refused = bench.answer(401, #"{"error":"invalid_token","reason":"\#(reason)"}"#)
    #expect(refused.states == [.offline])
    #expect(refused.contains(.closeStream))
    #expect(bench.wake().requests.map { $0.name } == [.refresh])
  }

  @Test(arguments: ["logged_out", "session_ended"])
  func `a resource that tells of a logout logs the device out`(reason: String) {
    var bench = DeviceBench.online()
    let body = #"{"error":"invalid_token","error_description":"x","reason":"\#(reason)"}"#
    let refused = bench.answer(401, body)
    #expect(refused.logoutReasons == [reason])
    #expect(refused.states == [.loggedOut])
    #expect(refused.contains(.closeStream))
    #expect(bench.record(.credentials) == nil)

    bench = DeviceBench.online()
    let closed = bench.send(
      .streamClosed(Response(status: 401, retryAfterSeconds: nil, body: bytes(body))))
    #expect(closed.logoutReasons == [reason])
    #expect(!closed.contains(.closeStream))
  }

  @Test func `a refused stream waits as long as the cloud asks`() {
    var bench = DeviceBench.online()
    bench.send(.streamClosed(nil))
    bench.wake()
    let refused = bench.send(
      .streamClosed(Response(status: 503, retryAfterSeconds: 30, body: [])))
    #expect(refused.backoffs.allSatisfy { $0 >= 30_000 })
    #expect(refused.reports.contains(.request(.stream, .refused(status: 503, reason: []))))
    #expect(bench.wake().streams == ["access-1"])
  }

  @Test(arguments: [
    ConnectFailure.noRoute, .refused, .timedOut, .reset, .unknownAuthority, .wrongHost,
    .certificateExpired, .otherTLS, .malformedAnswer,
  ])
  func `each way to fail is reported as itself`(failure: ConnectFailure) {
    var bench = DeviceBench.online()
    let failed = bench.send(.streamFailed(failure))
    #expect(failed.reports.contains(.request(.stream, .failed(failure))))
    #expect(failed.states == [.offline])
  }

  @Test func `events that are not known, and events without a stream, mean nothing`() {
    var bench = DeviceBench.online()
    #expect(bench.send(.streamEvent(name: bytes("new"), data: bytes("{"))).isEmpty)
    #expect(bench.send(.streamEvent(name: bytes("ready"), data: [])).isEmpty)
    bench.send(.streamClosed(nil))
    #expect(bench.openStream().isEmpty)
    #expect(bench.send(.streamClosed(nil)).isEmpty)
    #expect(bench.send(.streamFailed(.reset)).isEmpty)
    bench.logOut()
    #expect(bench.device.lifecycle == .offline)
  }

  @Test func `heartbeats carry the newest signal`() throws {
    var bench = DeviceBench.online()
    bench.answer(204)
    bench.send(.signalChanged(signalDBm: -81))
    try bench.wakeUntil(.heartbeat)
    #expect(try Heartbeat(parsing: bench.lastRequest?.body ?? []).signalDBm == -81)
  }

  @Test func `heartbeats follow one another at their interval, answered or not`() throws {
    var bench = DeviceBench.online()
    bench.now = 500
    bench.answer(204)
    var sentAt: [UInt64] = []
    for round in 0..<5 {
      try bench.wakeUntil(.heartbeat)
      sentAt.append(bench.now)
      if round % 2 == 0 { bench.fail(.timedOut) } else { bench.answer(204) }
    }
    #expect(sentAt == [30_000, 60_000, 90_000, 120_000, 150_000])
    #expect(bench.device.lifecycle == .online)
    try bench.wakeUntil(.heartbeat)
    #expect(try Heartbeat(parsing: bench.lastRequest?.body ?? []).uptimeMilliseconds == 180_000)
    bench.answer(429, retryAfterSeconds: 100)
    try bench.wakeUntil(.heartbeat)
    #expect(bench.now == 280_000)
  }
}
