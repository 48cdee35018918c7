import DeviceCore
import DeviceProtocol
import TestSupport
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

  @Test(arguments: [0, 5_001, .max] as [UInt16])
  func `an impedance beyond the scale's range is left out`(impedanceOhms: UInt16) throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(
      .steppedOn(
        Weighing(grams: 70_000, impedanceOhms: impedanceOhms, profile: nil),
        at: UnixMilliseconds(1_000)))
    let sent = try Measurement.parse(body: bench.lastRequest?.body ?? [])
    #expect(sent.map { $0.weightGrams } == [70_000])
    #expect(sent.map { $0.impedanceOhms } == [nil])
  }

  @Test(arguments: [400, 422] as [UInt16])
  func `one measurement that the cloud refuses for good holds up no other`(status: UInt16) throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(.streamClosed(nil))
    for grams in 70_001...70_020 as ClosedRange<UInt32> { bench.send(Self.weighing(grams)) }
    bench.wake()
    bench.openStream()
    var delivered: [UInt32] = []
    var reports: [DeviceReport] = []
    var refused: [Int] = []
    while bench.device.pendingMeasurementCount > 0, refused.count < 10 {
      if bench.lastRequest?.name != .measurements { try bench.wakeUntil(.measurements) }
      let sent = try Measurement.parse(body: bench.lastRequest?.body ?? [])
      let before = bench.lastRequest
      if sent.contains(where: { $0.weightGrams == 70_003 }) {
        refused.append(sent.count)
        reports += bench.answer(status, #"{"error":"invalid_request"}"#).reports
      } else {
        delivered += sent.map { $0.weightGrams }
        bench.answer(200, Self.acknowledge(sent.map { $0.sequence }))
      }
      if bench.lastRequest == before, bench.device.pendingMeasurementCount > 0 {
        try bench.wakeUntil(.measurements)
      }
    }
    #expect(refused == [16, 1])
    #expect(delivered == [70_001, 70_002] + [UInt32](70_004...70_020))
    #expect(reports.contains(.request(.measurements, .discarded(sequence: 2))))
    #expect(bench.flash.filter { $0.key.rawValue >= 0x1000 }.isEmpty)
  }

  @Test func `a measurement counts as stored once it and its number are in flash`() {
    var bench = DeviceBench.online(.scale)
    #expect(bench.device.isNewestMeasurementStored)
    bench.failingKeys = [.counters]
    bench.send(Self.weighing(70_000))
    #expect(!bench.device.isNewestMeasurementStored)
    bench.send(Self.weighing(70_001))
    #expect(!bench.device.isNewestMeasurementStored)
    bench.failingKeys = []
    bench.wake()
    #expect(bench.device.isNewestMeasurementStored)
    bench.failingKeys = (0..<16).map { RecordKey(rawValue: 0x1000 + $0) }
    bench.send(Self.weighing(70_002))
    #expect(!bench.device.isNewestMeasurementStored)
    bench.failingKeys = []
    bench.send(Self.weighing(70_003))
    #expect(bench.device.isNewestMeasurementStored, "the newest is")
  }

  @Test func `damaged counters lose no measurement and reuse no number of one that waits`() throws {
    var bench = DeviceBench.online(.scale)
    bench.acceptHeartbeat()
    bench.send(.streamClosed(nil))
    for grams in [70_001, 70_002] as [UInt32] { bench.send(Self.weighing(grams)) }
    var flash = bench.flash
    flash.removeAll { $0.key == .counters }
    flash.append(StoredRecord(key: .counters, value: [0xff]))
    bench = DeviceBench(.scale, flash: flash)
    bench.send(.booted)
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(2)
    bench.openStream()
    bench.logOut()
    #expect(bench.device.pendingMeasurementCount == 2)
    try bench.wakeUntil(.relink)
    bench.grant(3)
    #expect(bench.device.pendingMeasurementCount == 2, "a relink is to the same owner")
    bench.openStream()
    let sent = try Measurement.parse(body: bench.lastRequest?.body ?? [])
    #expect(sent.map { $0.weightGrams } == [70_001, 70_002])
    bench.answer(200, Self.acknowledge(sent.map { $0.sequence }))
    // Also once nothing waits that tells which numbers were used.
    _ = bench.reboot()
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(4)
    bench.openStream()
    bench.acceptHeartbeat()
    bench.send(Self.weighing(70_003))
    let next = try Measurement.parse(body: bench.lastRequest?.body ?? [])
    let last = try #require(sent.last?.sequence)
    #expect(next.allSatisfy { $0.sequence > last } && !next.isEmpty)
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
