import CloudCore
import DeviceProtocol
import NIOCore
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct EventStreamTests {
  /// A caller of a cloud of its own.
  private static func caller() throws -> Authenticated {
    let fixture = CloudFixture()
    let email = try #require(EmailAddress("owner@example.org"))
    _ = try fixture.register(email)
    return try fixture.caller(fixture.signIn(email))
  }

  private let stream: EventStream
  private let hub = EventHub(clock: { .init(0) }, lastEventTime: .seconds(250))
  private let connection = PeerConnection(
    deviceCertificate: nil, remoteAddress: CloudFixture.address)

  init() throws {
    self.stream = try #require(self.hub.open(for: try Self.caller(), on: self.connection))
  }

  @Test func `events are written in their order`() async {
    for event in [ServerSentEvent.ready, .comment, .expired] { _ = self.stream.offer(event) }
    #expect(await self.stream.next() == .write(.ready))
    #expect(await self.stream.next() == .write(.comment))
    #expect(await self.stream.next() == .write(.expired))
  }

  @Test func `what was queued before the end is not written after it`() async {
    _ = self.stream.offer(.device(Sample.deviceID(1), .motion))
    self.stream.end(with: .loggedOut(scope: "everyone", reason: ""))
    _ = self.stream.offer(.device(Sample.deviceID(1), .motion))
    #expect(await self.stream.next() == .finish(.loggedOut(scope: "everyone", reason: "")))
  }

  @Test func `the first end counts`() async {
    self.stream.end(with: .expired)
    self.stream.end(with: nil)
    #expect(await self.stream.next() == .finish(.expired))
  }

  @Test func `a writer that waits gets the next event`() async {
    async let step = self.stream.next()
    await Task.yield()
    _ = self.stream.offer(.ready)
    #expect(await step == .write(.ready))
  }

  @Test func `a writer that is cancelled ends`() async {
    let writer = Task { await self.stream.next() }
    writer.cancel()
    #expect(await writer.value == .finish(nil))
  }

  @Test func `a queue that is full takes no more`() {
    for _ in 0..<EventStream.capacity { #expect(self.stream.offer(.comment)) }
    #expect(!self.stream.offer(.comment))
  }

  @Test func `a peer that does not read is cut when there is news`() async {
    for _ in 0..<EventStream.capacity { _ = self.stream.offer(.comment) }
    await self.hub.publish(.motion, of: Sample.deviceID(1), to: self.stream.caller.account)
    #expect(await self.stream.next() == .finish(nil))
  }

  @Test func `ending streams waits until their last event is written`() async {
    let order = Order()
    async let ended: Void = {
      await self.hub.end([(stream: self.stream, lastEvent: .expired)])
      await order.note("ended")
    }()
    #expect(await self.stream.next() == .finish(.expired))
    for _ in 0..<100 { await Task.yield() }
    await order.note("written")
    self.hub.close(self.stream)
    await ended
    #expect(await order.notes == ["written", "ended"])
  }

  @Test func `ending streams does not wait for a peer that reads nothing`() async throws {
    let hub = EventHub(clock: { .init(0) }, lastEventTime: .milliseconds(1))
    let stream = try #require(hub.open(for: self.stream.caller, on: self.connection))
    await hub.end([(stream: stream, lastEvent: .expired)])
    #expect(await stream.next() == .finish(nil))
  }

  private static func camera() throws -> (caller: Authenticated, device: DeviceID) {
    let fixture = CloudFixture()
    let email = try #require(EmailAddress("owner@example.org"))
    _ = try fixture.register(email)
    let camera = try fixture.caller(fixture.pairedCamera(1, app: fixture.signIn(email)))
    return (camera, try #require(camera.device))
  }

  @Test func `a device is online while it has a stream`() throws {
    let (camera, device) = try Self.camera()
    #expect(!self.hub.isOnline(device))
    let first = try #require(self.hub.open(for: camera, on: self.connection))
    let second = try #require(self.hub.open(for: camera, on: self.connection))
    #expect(self.hub.close(first))
    #expect(self.hub.isOnline(device))
    #expect(self.hub.close(second))
    #expect(!self.hub.isOnline(device))
    // It is forgotten once.
    #expect(!self.hub.close(second))
  }

  @Test func `an owner is told what a device is by now, and nothing twice`() async throws {
    let (camera, device) = try Self.camera()
    let owner = self.stream.caller.account
    func tell() async -> Bool {
      await self.hub.publishPresence(of: device, to: owner, asOf: self.hub.ownership)
    }
    // A stream that is refused before anybody was told of it.
    let refused = try #require(self.hub.open(for: camera, on: self.connection))
    self.hub.close(refused)
    #expect(await tell())
    // The old stream's end is told after the new stream's beginning.
    let old = try #require(self.hub.open(for: camera, on: self.connection))
    #expect(await tell())
    self.hub.close(old)
    _ = try #require(self.hub.open(for: camera, on: self.connection))
    #expect(await tell())
    #expect(await tell())
    _ = self.stream.offer(.comment)
    #expect(await self.stream.next() == .write(.device(device, .online)))
    #expect(await self.stream.next() == .write(.comment))
  }

  @Test func `whose owner was looked up before owners changed is told nothing`() async throws {
    let (camera, device) = try Self.camera()
    let owner = self.stream.caller.account
    let before = self.hub.ownership
    self.hub.ownersChanged()
    #expect(await !self.hub.publish(.motion, of: device, to: owner, asOf: before))
    _ = try #require(self.hub.open(for: camera, on: self.connection))
    #expect(await !self.hub.publishPresence(of: device, to: owner, asOf: before))
    #expect(await self.hub.publish(.motion, of: device, to: owner, asOf: self.hub.ownership))
    #expect(await self.stream.next() == .write(.device(device, .motion)))
  }

  private actor Order {
    var notes: [String] = []
    func note(_ text: String) { self.notes.append(text) }
  }
}

@Suite struct ServerSentEventTests {
  @Test(
    arguments: [
      (ServerSentEvent.ready, "event: ready\ndata: {}\n\n"),
      (.expired, "event: expired\ndata: {}\n\n"),
      (.comment, ":\n\n"),
      (
        .loggedOut(scope: "kind", reason: "a\n\ndata: b"),
        "event: logged_out\ndata: {\"reason\":\"a\\n\\ndata: b\",\"scope\":\"kind\"}\n\n"
      ),
      (
        .device(Sample.deviceID(1), .online),
        "event: device\ndata: {\"change\":\"online\",\"device_id\":\"\(Sample.uuid(1))\"}\n\n"
      ),
    ])
  func `an event is one block whatever it says`(event: ServerSentEvent, text: String) throws {
    #expect(try String(buffer: event.bytes()) == text)
  }
}
