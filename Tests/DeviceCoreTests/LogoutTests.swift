import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct LogoutTests {
  private static func waiting() -> DeviceBench {
    var bench = DeviceBench.online()
    bench.logOut()
    return bench
  }

  @Test func `a forced logout removes the credentials and keeps Wi-Fi and identity`() {
    var bench = DeviceBench.online()
    let out = bench.send(
      .streamEvent(
        name: bytes("logged_out"), data: bytes(#"{"scope":"everyone","reason":"incident"}"#)))
    #expect(out.logoutReasons == ["incident"])
    #expect(out.states == [.loggedOut])
    #expect(out.contains(.closeStream))
    #expect(bench.record(.credentials) == nil)
    #expect(bench.record(.wifi) != nil)
    #expect(!bench.flash.contains { $0.value.contains(sequence: "refresh-1") })
  }

  @Test(arguments: ["", "{", #"{"scope":"everyone"}"#, #"{"scope":"x","reason":""}"#])
  func `a logout without a reason is one all the same`(data: String) {
    var bench = DeviceBench.online()
    let out = bench.send(.streamEvent(name: bytes("logged_out"), data: bytes(data)))
    #expect(out.logoutReasons == ["logged_out"])
    #expect(bench.device.lifecycle == .loggedOut)
  }

  @Test func `devices that are logged out together do not return together`() {
    var waits: Set<UInt32> = []
    for seed in 0..<50 as Range<UInt64> {
      var bench = DeviceBench.online(seed: seed)
      let out = bench.send(.streamEvent(name: bytes("logged_out"), data: []))
      #expect(out.requests.isEmpty)
      waits.formUnion(out.backoffs)
    }
    #expect(waits.count > 40)
  }

  @Test func `a device that may relinks with its certificate alone`() throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    let request = try #require(bench.lastRequest)
    #expect(request.field("grant_type") == "urn:relink:params:oauth:grant-type:relink")
    #expect(request.field("client_id") == "relink-camera")
    #expect(request.field("firmware_version") == "2.0.0")
    #expect(request.accessToken == nil)
    let granted = bench.grant(2)
    #expect(granted.streams == ["access-2"])
    #expect(bench.openStream().states == [.online])
    #expect(bench.record(.credentials)?.contains(sequence: "refresh-2") == true)
  }

  @Test(
    arguments: [
      (Int64?.some(7), UInt32?.none, 7_000),
      (5, 9, 9_000),
      (nil, nil, 5_000),
      (0, nil, 1_000),
      (-1, nil, 1_000),
      (1_000_000, nil, 3_600_000),
      (nil, .max, 3_600_000),
    ] as [(Int64?, UInt32?, UInt64)])
  func `while its owner has not logged in a device asks again in the interval, plus jitter`(
    interval: Int64?, retryAfterSeconds: UInt32?, floor: UInt64
  ) throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    for _ in 0..<5 {
      let asked = bench.now
      let member = interval.map { #","interval":\#($0)"# } ?? ""
      bench.answer(
        400, #"{"error":"authorization_pending"\#(member)}"#,
        retryAfterSeconds: retryAfterSeconds)
      try bench.wakeUntil(.relink)
      #expect((floor...floor * 5 / 4).contains(bench.now - asked))
    }
  }

  @Test(arguments: ["pairing_required", "not_bound"])
  func `a device that must be paired asks no more, and takes a payload`(reason: String) throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    #expect(bench.refuse(reason).backoffs.isEmpty)
    #expect(bench.wakeAt == nil)
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).verdicts == [.accepted])
    bench.send(.wifiJoined(signalDBm: -50))
    #expect(bench.lastRequest?.field("pairing_token") == "rlkp_2")
    bench.grant(2)
    #expect(bench.openStream().states == [.online])
  }

  @Test func `other answers are backed off from`() throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    #expect(bench.fail(.reset).backoffs.count == 1)
    try bench.wakeUntil(.relink)
    #expect(bench.answer(503, retryAfterSeconds: 40).backoffs.allSatisfy { $0 >= 40_000 })
    try bench.wakeUntil(.relink)
    #expect(bench.refuse("new_reason").backoffs.count == 1)
    try bench.wakeUntil(.relink)
    #expect(bench.answer(200, "[]").backoffs.count == 1)
  }

  @Test func `a device stays logged out across a power cut`() throws {
    var bench = Self.waiting()
    let rebooted = bench.reboot()
    #expect(bench.device.lifecycle == .loggedOut)
    #expect(rebooted.logoutReasons.isEmpty)
    #expect(bench.send(.wifiJoined(signalDBm: -50)).requests.map { $0.name } == [.relink])
  }

  @Test func `credentials that could not be stored are not used but asked for again`() throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    bench.failingKeys = [.credentials]
    #expect(bench.grant(2).streams.isEmpty)
    #expect(bench.device.lifecycle == .loggedOut)
    bench.failingKeys = []
    try bench.wakeUntil(.relink)
    #expect(bench.grant(2).streams == ["access-2"])
  }

  @Test func `a payload interrupts the asking`() throws {
    var bench = Self.waiting()
    try bench.wakeUntil(.relink)
    let relink = try #require(bench.lastRequest)
    #expect(bench.show(DeviceBench.payload(token: "rlkp_2")).states == [.joiningWiFi])
    let late = bench.send(
      .response(
        relink.id,
        Response(status: 200, retryAfterSeconds: nil, body: bytes(DeviceBench.tokens(9)))))
    #expect(late.isEmpty)
    #expect(bench.record(.credentials) == nil)
  }
}
