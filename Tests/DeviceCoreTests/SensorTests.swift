import DeviceCore
import DeviceProtocol
import Testing

struct SensorTests {
  private static func weighing(_ grams: UInt32) -> DeviceEvent {
    .steppedOn(
      Weighing(grams: grams, impedanceOhms: nil, profile: nil), at: UnixMilliseconds(1_000))
  }

  private static func acknowledge(_ sequences: [UInt32]) -> String {
    text(Acknowledgement(sequences: sequences).bytes)
  }

  @Test func `motions are delivered until they are acknowledged`() throws {
    var bench = DeviceBench.online()
    bench.acceptHeartbeat()
    let seen = bench.send(.motion(at: UnixMilliseconds(42)))
    #expect(seen.storedKeys == [.counters])
    let request = try #require(seen.requests.first)
    #expect(text(request.path) == "/v1/device/motions")
    #expect(request.contentType == .json)
    #expect(request.accessToken == bytes("access-1"))
    let motions = try Motion.parse(body: request.body)
    #expect(motions.map { $0.at.value } == [42])
    // Another one waits for the answer.
    #expect(bench.send(.motion(at: UnixMilliseconds(43))).requests.isEmpty)
    bench.fail(.reset)
    try bench.wakeUntil(.motions)
    let again = try Motion.parse(body: bench.lastRequest?.body ?? [])
    #expect(again.first == motions.first)
    #expect(again.map { $0.at.value } == [42, 43])
    bench.answer(200, Self.acknowledge([again[0].sequence]))
    let rest = try Motion.parse(body: bench.lastRequest?.body ?? [])
    #expect(rest == [again[1]])
    #expect(bench.answer(200, Self.acknowledge(rest.map { $0.sequence })).requests.isEmpty)
  }

  @Test func `motions beyond the queue's length push out the oldest`() throws {
    var bench = DeviceBench.online()
    bench.acceptHeartbeat()
    bench.send(.streamClosed(nil))
    for time in 1...100 as ClosedRange<UInt64> {
      bench.send(.motion(at: UnixMilliseconds(time)))
    }
    bench.wake()
    bench.openStream()
    var delivered: [UInt64] = []
    while bench.lastRequest?.name == .motions || delivered.isEmpty {
      let motions = try Motion.parse(body: bench.lastRequest?.body ?? [])
      delivered += motions.map { $0.at.value }
      let before = bench.lastRequest
      bench.answer(200, Self.acknowledge(motions.map { $0.sequence }))
      if bench.lastRequest == before { break }
    }
    #expect(delivered == [UInt64](37...100))
  }

  @Test func `sequence numbers are never used twice, also across power cuts`() throws {
    var bench = DeviceBench.online()
    var used: [UInt32] = []
    for boot in 0..<20 {
      if boot > 0 {
        _ = bench.reboot(seed: UInt64(boot))
        bench.send(.wifiJoined(signalDBm: -50))
        bench.grant(boot)
        bench.openStream()
      }
      bench.acceptHeartbeat()
      for _ in 0..<(boot * 7 % 80) {
        bench.send(.motion(at: UnixMilliseconds(1)))
        let motions = try Motion.parse(body: bench.lastRequest?.body ?? [])
        used += motions.map { $0.sequence }
        bench.answer(200, Self.acknowledge(motions.map { $0.sequence }))
      }
    }
    #expect(used.count > 500)
    #expect(zip(used, used.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `a device that was never paired keeps nothing`() {
    for kind in DeviceKind.allCases {
      var bench = DeviceBench(kind)
      bench.send(.booted)
      #expect(bench.send(Self.weighing(70_000)).isEmpty)
      #expect(bench.send(.motion(at: UnixMilliseconds(1))).isEmpty)
      #expect(bench.device.pendingMeasurementCount == 0)
    }
  }

  @Test func `measurements are in flash until they are acknowledged`() throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(.streamClosed(nil))
    for grams in [70_000, 71_000, 72_000] as [UInt32] { bench.send(Self.weighing(grams)) }
    #expect(bench.device.pendingMeasurementCount == 3)
    #expect(bench.flash.filter { $0.key.rawValue >= 0x1000 }.count == 3)
    _ = bench.reboot()
    #expect(bench.device.pendingMeasurementCount == 3)
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(2)
    let opened = bench.openStream()
    let request = try #require(opened.requests.first { $0.name == .measurements })
    #expect(text(request.path) == "/v1/device/measurements")
    let measurements = try Measurement.parse(body: request.body)
    #expect(measurements.map { $0.weightGrams } == [70_000, 71_000, 72_000])
    bench.send(
      .response(
        request.id,
        Response(
          status: 200, retryAfterSeconds: nil,
          body: bytes(Self.acknowledge(measurements.map { $0.sequence })))))
    #expect(bench.device.pendingMeasurementCount == 0)
    #expect(bench.flash.filter { $0.key.rawValue >= 0x1000 }.isEmpty)
  }

  @Test func `an acknowledgement of what was not sent means nothing`() throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(Self.weighing(70_000))
    let sent = try Measurement.parse(body: bench.lastRequest?.body ?? [])
    bench.send(Self.weighing(71_000))
    let answered = bench.answer(200, Self.acknowledge([sent[0].sequence + 1, 999]))
    #expect(answered.backoffs.count == 1)
    #expect(bench.device.pendingMeasurementCount == 2)
  }

  @Test(arguments: [#"{"acknowledged":[]}"#, "{}", ""])
  func `an answer that acknowledges nothing is backed off from`(body: String) throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(Self.weighing(70_000))
    #expect(bench.answer(200, body).backoffs.count == 1)
    #expect(bench.device.pendingMeasurementCount == 1)
    try bench.wakeUntil(.measurements)
    #expect(bench.answer(503, retryAfterSeconds: 25).backoffs.allSatisfy { $0 >= 25_000 })
  }

  @Test func `when all keys are taken the oldest measurement makes room`() throws {
    var bench = DeviceBench.online(.scale)
    bench.send(.streamClosed(nil))
    for grams in 1...300 as ClosedRange<UInt32> { bench.send(Self.weighing(grams)) }
    #expect(bench.device.pendingMeasurementCount == 256)
    #expect(bench.flash.filter { $0.key.rawValue >= 0x1000 }.count == 256)
    _ = bench.reboot()
    #expect(bench.device.pendingMeasurementCount == 256)
  }

  @Test(arguments: [0, 300_001, .max] as [UInt32])
  func `a weight beyond the scale's range is no measurement`(grams: UInt32) {
    var bench = DeviceBench.online(.scale)
    #expect(bench.send(Self.weighing(grams)).isEmpty)
    #expect(bench.device.pendingMeasurementCount == 0)
  }

  @Test func `damaged records of measurements are skipped`() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let records = (0..<8).map { index in
        StoredRecord(
          key: RecordKey(rawValue: 0x1000 + UInt16(index)),
          value: [1] + .random(count: Int.random(in: 0...40, using: &generator), using: &generator))
      }
      var bench = DeviceBench(.scale, flash: records)
      bench.send(.booted)
      #expect(bench.device.pendingMeasurementCount <= 8)
    }
  }

  @Test func `the same owner gets what was measured while logged out, another owner does not`() {
    for (owner, count) in [("alice", 1), ("bob", 0)] as [(String, UInt32)] {
      var bench = DeviceBench.online(.scale)
      bench.logOut()
      bench.send(Self.weighing(70_000))
      #expect(bench.device.pendingMeasurementCount == 1)
      bench.show(DeviceBench.payload(token: "rlkp_2"))
      bench.send(.wifiJoined(signalDBm: -50))
      bench.grant(2, account: owner)
      #expect(bench.device.pendingMeasurementCount == count)
      #expect(bench.flash.filter { $0.key.rawValue >= 0x1000 }.count == Int(count))
    }
  }
}
