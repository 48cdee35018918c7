import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct RenewalTests {
  /// A device that has booted with credentials and sent its refresh token.
  private static func refreshing(
    traits: FirmwareTraits = .keepsPreviousToken
  ) -> DeviceBench {
    var bench = DeviceBench.online(traits: traits)
    _ = bench.reboot()
    bench.send(.wifiJoined(signalDBm: -50))
    return bench
  }

  @Test func `after power on a device refreshes, stores, and only then uses the access token`()
    throws
  {
    var bench = DeviceBench.online()
    #expect(bench.reboot().states == [.joiningWiFi])
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.states == [.offline])
    let request = try #require(joined.requests.first)
    #expect(request.name == .refresh)
    #expect(request.field("grant_type") == "refresh_token")
    #expect(request.field("refresh_token") == "refresh-1")
    #expect(request.field("client_id") == "relink-camera")
    bench.holdsStores = true
    let granted = bench.grant(2)
    #expect(granted.storedKeys == [.credentials])
    #expect(granted.streams.isEmpty)
    #expect(bench.releaseStores().streams == ["access-2"])
    #expect(bench.openStream().states == [.online])
  }

  @Test func `the token before is kept until the new one has worked`() throws {
    var bench = Self.refreshing()
    bench.grant(2)
    let before = try #require(bench.record(.credentials))
    #expect(before.contains(sequence: "refresh-2"))
    #expect(before.contains(sequence: "refresh-1"))
    bench.openStream()
    let after = try #require(bench.record(.credentials))
    #expect(after.contains(sequence: "refresh-2"))
    #expect(!after.contains(sequence: "refresh-1"))
  }

  @Test func `a token that the cloud does not know is followed by the one before it, once`() {
    var bench = Self.refreshing()
    bench.grant(2)
    _ = bench.reboot()
    #expect(
      bench.send(.wifiJoined(signalDBm: -50)).requests.first?.field("refresh_token")
        == "refresh-2")
    let retried = bench.refuse("token_unknown")
    #expect(retried.requests.first?.field("refresh_token") == "refresh-1")
    #expect(retried.logoutReasons.isEmpty)
    var refused = bench
    #expect(refused.refuse("token_unknown").logoutReasons == ["token_unknown"])
    #expect(bench.grant(3).streams == ["access-3"])
  }

  @Test
  func `a token that another displaced is followed by the one before it, which gives a live one`()
    throws
  {
    var bench = Self.refreshing()
    bench.grant(2)
    _ = bench.reboot()
    bench.send(.wifiJoined(signalDBm: -50))
    let retried = bench.refuse("superseded")
    #expect(retried.requests.first?.field("refresh_token") == "refresh-1")
    #expect(retried.logoutReasons.isEmpty)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-1") == true)
    var refused = bench
    #expect(refused.refuse("replayed").logoutReasons == ["replayed"])
    #expect(bench.grant(3).streams == ["access-3"])
    let stored = try #require(bench.record(.credentials))
    #expect(stored.contains(sequence: "refresh-3"))
    #expect(!stored.contains(sequence: "refresh-2"))
  }

  @Test(
    arguments: [
      "logged_out", "session_ended", "session_expired", "superseded", "replayed", "token_unknown",
    ])
  func `a refused refresh token logs the device out`(reason: String) {
    var bench = Self.refreshing()
    let refused = bench.refuse(reason)
    #expect(refused.logoutReasons == [reason])
    #expect(refused.states == [.loggedOut])
    #expect(bench.record(.credentials) == nil)
    #expect(bench.record(.wifi) != nil)
  }

  @Test func `lost, malformed and postponed answers are asked for again with the same token`() {
    var bench = Self.refreshing()
    let lost: [(inout DeviceBench) -> [DeviceOutput]] = [
      { $0.fail(.reset) }, { $0.fail(.timedOut) }, { $0.fail(.noRoute) },
      { $0.fail(.unknownAuthority) }, { $0.answer(200, "not JSON") }, { $0.answer(200, "{}") },
      { $0.answer(500) }, { $0.answer(429, retryAfterSeconds: 3) }, { $0.answer(302) },
      { $0.answer(401, #"{"error":"invalid_client"}"#) },
      { $0.answer(400, #"{"error":"invalid_request"}"#) }, { $0.answer(400, "<html>") },
    ]
    for answer in lost {
      let outputs = answer(&bench)
      #expect(outputs.backoffs.count == 1)
      #expect(outputs.logoutReasons.isEmpty)
      #expect(bench.wake().requests.map { $0.field("refresh_token") } == ["refresh-1"])
    }
    #expect(bench.answer(503, retryAfterSeconds: 20).backoffs.allSatisfy { $0 >= 20_000 })
    bench.wake()
    #expect(bench.grant(2).streams == ["access-2"])
  }

  @Test func `a new token that could not be stored is not used`() {
    var bench = Self.refreshing()
    bench.failingKeys = [.credentials]
    let granted = bench.grant(2)
    #expect(granted.streams.isEmpty)
    #expect(granted.backoffs.count == 1)
    #expect(bench.wake().requests.map { $0.field("refresh_token") } == ["refresh-1"])
    bench.failingKeys = []
    #expect(bench.grant(2).streams == ["access-2"])
  }

  @Test func `firmware that does not keep its token removes it before it sends it`() {
    var bench = DeviceBench.online(traits: [])
    _ = bench.reboot()
    bench.holdsStores = true
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.requests.isEmpty)
    #expect(joined.contains(.store(.credentials, [])))
    #expect(bench.releaseStores().requests.map { $0.field("refresh_token") } == ["refresh-1"])
    #expect(bench.record(.credentials) == nil)
    bench.grant(2)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-2") == true)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-1") == false)
  }

  @Test func `firmware that does not keep its token is logged out by a lost answer`() {
    var bench = Self.refreshing(traits: [])
    let lost = bench.fail(.reset)
    #expect(lost.logoutReasons == ["token_lost"])
    #expect(lost.states == [.loggedOut])
    // As by a power cut.
    bench = Self.refreshing(traits: [])
    let rebooted = bench.reboot()
    #expect(rebooted.logoutReasons == ["token_lost"])
    #expect(bench.device.lifecycle == .loggedOut)
    // Which is told once.
    #expect(bench.reboot().logoutReasons.isEmpty)
    #expect(bench.device.lifecycle == .loggedOut)
  }

  @Test func `firmware that does not keep its token keeps one that was never sent`() {
    var bench = Self.refreshing(traits: [])
    #expect(bench.fail(.refused).logoutReasons.isEmpty)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-1") == true)
    #expect(bench.wake().requests.map { $0.field("refresh_token") } == ["refresh-1"])
    #expect(bench.record(.credentials) == nil)
  }

  @Test func `a removal that fails is tried again before the token is sent`() {
    var bench = DeviceBench.online(traits: [])
    _ = bench.reboot()
    bench.failingKeys = [.credentials]
    #expect(bench.send(.wifiJoined(signalDBm: -50)).requests.isEmpty)
    #expect(bench.record(.credentials) != nil)
    #expect(bench.wake().requests.isEmpty)
    bench.failingKeys = []
    #expect(bench.wake().requests.map { $0.name } == [.refresh])
    #expect(bench.record(.credentials) == nil)
  }

  @Test(arguments: [0, 1, 10, 900, 86_400, 1_000_000_000_000] as [Int64])
  func `the access token is replaced ahead of its expiry, whatever the cloud calls that`(
    expiresIn: Int64
  ) throws {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(1, expiresIn: expiresIn)
    bench.openStream()
    bench.acceptHeartbeat()
    let life = UInt64(min(max(expiresIn, 2), 604_800) * 1_000)
    var refreshedAt: UInt64?
    while refreshedAt == nil {
      let outputs = bench.wake()
      bench.acceptHeartbeat()
      if outputs.requests.contains(where: { $0.name == .refresh }) { refreshedAt = bench.now }
    }
    #expect((life * 7 / 10...life * 8 / 10).contains(try #require(refreshedAt)))
    #expect(bench.device.lifecycle == .online)
  }

  @Test func `while online the stream is changed over to the new access token`() throws {
    var bench = DeviceBench.online()
    bench.acceptHeartbeat()
    try bench.wakeUntil(.refresh)
    let granted = bench.grant(2)
    #expect(granted.streams == ["access-2"])
    #expect(granted.states.isEmpty)
    #expect(bench.openStream().states.isEmpty)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-1") == false)
    try bench.wakeUntil(.heartbeat)
    #expect(bench.lastRequest?.accessToken == bytes("access-2"))
  }

  @Test func `there are never two refreshes at once`() throws {
    var bench = DeviceBench.online()
    bench.acceptHeartbeat()
    try bench.wakeUntil(.refresh)
    let refresh = try #require(bench.lastRequest)
    // The stream ends, the token is refused, time passes: the refresh under way is waited for.
    var outputs = bench.send(.streamEvent(name: bytes("expired"), data: bytes("{}")))
    #expect(outputs.states == [.offline])
    for _ in 0..<10 {
      bench.now += 60_000
      outputs += bench.send(.wakeUp)
    }
    #expect(outputs.requests.isEmpty)
    outputs = bench.send(
      .response(
        refresh.id,
        Response(status: 200, retryAfterSeconds: nil, body: bytes(DeviceBench.tokens(2)))))
    #expect(outputs.streams == ["access-2"])
  }

  @Test func `an answer that comes after the network was lost means nothing`() throws {
    var bench = Self.refreshing()
    bench.send(.wifiLost)
    #expect(bench.grant(2).isEmpty)
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-1") == true)
  }
}

extension [UInt8] {
  func contains(sequence: String) -> Bool {
    let pattern = bytes(sequence)
    guard self.count >= pattern.count else { return false }
    return (0...(self.count - pattern.count)).contains {
      self[$0..<($0 + pattern.count)].elementsEqual(pattern)
    }
  }
}
