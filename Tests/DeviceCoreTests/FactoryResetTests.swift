import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct FactoryResetTests {
  private static let held = DeviceEvent.button(heldMilliseconds: 5_000)

  @Test func `a reset while online unbinds the device and erases all but its counters`() throws {
    var bench = DeviceBench.online()
    let pressed = bench.send(Self.held)
    let request = try #require(pressed.requests.first)
    #expect(request.name == .unbind)
    #expect(request.method == .delete)
    #expect(text(request.path) == "/v1/device/binding")
    #expect(request.accessToken == bytes("access-1"))
    #expect(pressed.states.isEmpty)
    let answered = bench.answer(204)
    #expect(answered.states == [.factory])
    #expect(answered.contains(.leaveWiFi))
    #expect(bench.flash.map { $0.key } == [.counters])
    #expect(bench.reboot().states.isEmpty)
    #expect(bench.device.lifecycle == .factory)
  }

  @Test func `without an answer it is reset all the same, after one try`() {
    for failure in [true, false] {
      var bench = DeviceBench.online()
      bench.send(Self.held)
      let ended = failure ? bench.fail(.reset) : bench.wake()
      #expect(ended.requests.isEmpty)
      #expect(ended.states == [.factory])
      #expect(bench.now <= 20_000)
    }
  }

  @Test func `a lost network ends the wait for the answer`() {
    var bench = DeviceBench.online()
    bench.send(Self.held)
    #expect(bench.send(.wifiLost).states == [.factory])
  }

  @Test func `without an access token it is reset at once`() {
    var bench = DeviceBench.online()
    bench.logOut()
    let pressed = bench.send(Self.held)
    #expect(pressed.requests.isEmpty)
    #expect(pressed.states == [.factory])
    #expect(bench.flash.map { $0.key } == [.counters])
  }

  @Test func `a short press erases nothing`() {
    var bench = DeviceBench.online()
    #expect(bench.send(.button(heldMilliseconds: 4_999)).isEmpty)
    #expect(bench.device.lifecycle == .online)
  }

  @Test func `a power cut at any store of a reset leaves nothing behind after the next boot`()
    throws
  {
    let whole = DeviceBench.online(.scale)
    for cut in 0..<8 {
      var bench = whole
      bench.send(
        .steppedOn(
          Weighing(grams: 70_000, impedanceOhms: nil, profile: nil), at: UnixMilliseconds(1)))
      bench.logOut()
      let before = bench.flash
      let stores = bench.send(Self.held).compactMap {
        if case .store(let key, let value) = $0 {
          StoredRecord(key: key, value: value)
        } else {
          nil
        }
      }
      try #require(stores.count >= 4)
      guard cut > 0, cut <= stores.count else { continue }
      var flash = before
      for record in stores.prefix(cut) {
        flash.removeAll { $0.key == record.key }
        if !record.value.isEmpty { flash.append(record) }
      }
      var after = DeviceBench(.scale, flash: flash)
      after.send(.booted)
      #expect(after.device.lifecycle == .factory, "cut \(cut)")
      #expect(after.flash.map { $0.key } == [.counters], "cut \(cut)")
      #expect(!after.flash.contains { $0.value.contains(sequence: "alice") })
    }
  }

  @Test func `records that could not be erased are tried again`() {
    var bench = DeviceBench.online()
    bench.failingKeys = [.wifi]
    bench.send(Self.held)
    bench.answer(204)
    #expect(bench.record(.wifi) != nil)
    bench.failingKeys = []
    bench.wake()
    #expect(bench.flash.map { $0.key } == [.counters])
    #expect(bench.reboot().isEmpty)
  }

  @Test func `the sequence numbers go on after a reset`() throws {
    func firstSequence(_ bench: inout DeviceBench) throws -> UInt32 {
      bench.acceptHeartbeat()
      bench.send(.motion(at: UnixMilliseconds(1)))
      return try #require(try Motion.parse(body: bench.lastRequest?.body ?? []).first?.sequence)
    }
    var bench = DeviceBench.online()
    let before = try firstSequence(&bench)
    bench.send(Self.held)
    bench.answer(204)
    bench.show(DeviceBench.payload(token: "rlkp_2"))
    bench.send(.wifiJoined(signalDBm: -50))
    bench.grant(2, account: "bob")
    bench.openStream()
    #expect(try firstSequence(&bench) > before)
  }
}
