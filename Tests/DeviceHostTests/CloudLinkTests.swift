import DeviceCore
import DeviceProtocol
import Testing

@testable import DeviceHost

/// A device's connections against a cloud that the test plays.
@Suite struct CloudLinkTests {
  private let laboratory: Laboratory
  private let cloud: TestCloud
  private let link: CloudLink

  init() throws {
    self.laboratory = try Laboratory()
    self.cloud = try self.laboratory.cloud()
    self.link = CloudLink(
      origin: try self.cloud.origin(), context: try self.laboratory.context(),
      journal: self.laboratory.journal)
    self.link.setRoute(isThere: true)
  }

  private func request(_ number: UInt32, body: String = "") -> Request {
    Request(
      id: RequestID(number), name: .heartbeat, method: .post, path: [UInt8]("/v1/test".utf8),
      accessToken: nil, contentType: .json, body: [UInt8](body.utf8))
  }

  private func response(_ status: UInt16, _ body: String = "", retryAfter: UInt32? = nil)
    -> Response
  {
    Response(status: status, retryAfterSeconds: retryAfter, body: [UInt8](body.utf8))
  }

  /// Lets both ends go on until a condition holds.
  private func run(
    _ what: Comment, now: Instant = Clock.now, sourceLocation: SourceLocation = #_sourceLocation,
    until condition: () -> Bool
  ) {
    waitUntil(what, sourceLocation: sourceLocation) {
      self.link.advance(now: now)
      self.cloud.turn()
      return condition()
    }
  }

  /// The next events of the link, in words that compare.
  private func events(
    _ count: Int, now: Instant = Clock.now, sourceLocation: SourceLocation = #_sourceLocation
  ) -> [String] {
    var events: [String] = []
    self.run("\(count) events", now: now, sourceLocation: sourceLocation) {
      while let event = self.link.pollEvent() { events.append(self.words(event)) }
      return events.count >= count
    }
    return events
  }

  private func words(_ event: DeviceEvent) -> String {
    switch event {
    case .response(let id, let response):
      "response \(id.value) \(response.status) \(String(decoding: response.body, as: UTF8.self))"
    case .requestFailed(let id, let failure): "failed \(id.value) \(failure)"
    case .streamOpened: "stream opened"
    case .streamEvent(let name, let data):
      "event \(String(decoding: name, as: UTF8.self)) \(String(decoding: data, as: UTF8.self))"
    case .streamClosed(nil): "stream closed"
    case .streamClosed(let response?): "stream refused \(response.status)"
    case .streamFailed(let failure): "stream failed \(failure)"
    default: "\(event)"
    }
  }

  /// Waits for a complete request on the newest connection.
  private func takeRequest(sourceLocation: SourceLocation = #_sourceLocation) throws -> (
    connection: TestCloud.Connection, text: String
  ) {
    var taken: (TestCloud.Connection, String)?
    self.run("a request", sourceLocation: sourceLocation) {
      for connection in self.cloud.connections {
        if let text = connection.takeRequest() { taken = (connection, text) }
      }
      return taken != nil
    }
    return try #require(taken, sourceLocation: sourceLocation)
  }

  @Test func `requests go out one by one over one connection`() throws {
    self.link.send(self.request(1, body: "{}"))
    self.link.send(self.request(2))
    for number in 1...2 {
      let (connection, text) = try self.takeRequest()
      #expect(text.hasPrefix("POST /v1/test HTTP/1.1\r\nHost: 127.0.0.1:"))
      #expect(connection.received.isEmpty, "the second waits for the first's answer")
      connection.answer("200 OK", "{\"n\":\(number)}")
      #expect(self.events(1) == ["response \(number) 200 {\"n\":\(number)}"])
    }
    #expect(self.cloud.connections.count == 1)
    #expect(
      self.laboratory.journalLines() == [
        #"{"event":"tls","result":"verified","resumed":false}"#
      ])
  }

  @Test func `a connection that the cloud closed between requests is replaced and resumed`() throws
  {
    self.link.send(self.request(1))
    let first = try self.takeRequest().connection
    first.answer("204 No Content", "")
    #expect(self.events(1) == ["response 1 204 "])
    first.end()
    self.run("the client lets go") { first.hasEnded }
    self.link.send(self.request(2))
    let second = try self.takeRequest().connection
    #expect(second !== first)
    #expect(second.wasResumed)
    second.answer("429 Too Many Requests", "", headers: "Retry-After: 7\r\nConnection: close\r\n")
    #expect(self.events(1) == ["response 2 429 "])
    self.run("the client closes") { second.hasEnded }
  }

  @Test func `a connection that breaks before the answer is complete fails the request`() throws {
    self.link.send(self.request(1))
    self.link.send(self.request(2))
    let first = try self.takeRequest().connection
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    first.end()
    #expect(self.events(1) == ["failed 1 reset"])
    let second = try self.takeRequest().connection
    second.end(isClean: false)
    #expect(self.events(1) == ["failed 2 reset"])
    self.link.send(self.request(3))
    #expect(try self.takeRequest().connection.wasResumed, "the session outlives the connection")
  }

  @Test(arguments: ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
  func `an answer that is not one fails the request`(answer: String) throws {
    self.link.send(self.request(1))
    try self.takeRequest().connection.send(answer)
    #expect(self.events(1) == ["failed 1 malformedAnswer"])
  }

  @Test(arguments: [(65_536, "response 1 200"), (65_537, "failed 1 malformedAnswer")])
  func `a body is taken up to its limit`(byteCount: Int, event: String) throws {
    self.link.send(self.request(1))
    let body = String(repeating: "x", count: byteCount)
    try self.takeRequest().connection.answer("200 OK", body)
    #expect(self.events(1).first?.hasPrefix(event) == true)
  }

  @Test func `an answer that does not come fails the request after fifteen seconds`() throws {
    let start = Clock.now
    self.link.send(self.request(1))
    _ = try self.takeRequest()
    self.link.advance(now: start.advanced(byMilliseconds: 14_000))
    #expect(self.link.pollEvent() == nil)
    #expect(self.events(1, now: start.advanced(byMilliseconds: 30_000)) == ["failed 1 timedOut"])
  }

  @Test func `without a route nothing is attempted`() {
    self.link.setRoute(isThere: false)
    self.link.send(self.request(1))
    self.link.openStream(accessToken: [])
    #expect(self.events(2) == ["failed 1 noRoute", "stream failed noRoute"])
    #expect(self.cloud.connections.isEmpty)
  }

  @Test func `losing the route breaks all connections`() throws {
    self.link.send(self.request(1))
    self.link.send(self.request(2))
    let requests = try self.takeRequest().connection
    self.link.openStream(accessToken: [UInt8]("t".utf8))
    let stream = try self.takeRequest().connection
    self.link.setRoute(isThere: false)
    #expect(self.events(3) == ["failed 1 noRoute", "failed 2 noRoute", "stream failed noRoute"])
    #expect(
      self.laboratory.journalLines().last
        == #"{"event":"connect","result":"noRoute","#
        + #""detail":"the joined network has no way to the cloud"}"#)
    self.run("both are gone") { requests.hasEnded && stream.hasEnded }
  }

  @Test func `another network breaks all connections, and that is what is told`() throws {
    let stream = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    self.link.breakConnections(because: .anotherNetwork)
    #expect(self.events(1) == ["stream failed reset"])
    self.run("it is gone") { stream.hasEnded }
    #expect(
      self.laboratory.journalLines().last
        == #"{"event":"connect","result":"reset","#
        + #""detail":"the device has left the network under the connection"}"#)
  }

  private func openStream() throws -> TestCloud.Connection {
    self.link.openStream(accessToken: [UInt8]("rlka_test".utf8))
    let (connection, text) = try self.takeRequest()
    #expect(text.hasPrefix("GET /v1/events HTTP/1.1\r\n"))
    #expect(text.contains("\r\nAuthorization: Bearer rlka_test\r\n"))
    #expect(text.contains("\r\nAccept: text/event-stream\r\n"))
    connection.beginStream()
    return connection
  }

  @Test func `the stream tells its events, beside requests on another connection`() throws {
    let stream = try self.openStream()
    stream.sendChunk("event: ready\ndata: {}\n\n")
    #expect(self.events(2) == ["stream opened", "event ready {}"])
    self.link.send(self.request(1))
    try self.takeRequest().connection.answer("200 OK", "x")
    #expect(self.events(1) == ["response 1 200 x"])
    #expect(self.cloud.connections.count == 2)
    stream.sendChunk("event: expired\ndata: {}\n\n")
    stream.sendChunk("")
    #expect(self.events(2) == ["event expired {}", "stream closed"])
  }

  @Test func `an event right before the connection breaks is not lost`() throws {
    let stream = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    stream.sendChunk("event: logged_out\ndata: {}\n\n")
    stream.end(isClean: false)
    #expect(self.events(2) == ["event logged_out {}", "stream failed reset"])
  }

  @Test func `a refused stream is told with its answer`() throws {
    self.link.openStream(accessToken: [])
    try self.takeRequest().connection.answer(
      "401 Unauthorized", #"{"error":"invalid_token","reason":"logged_out"}"#)
    #expect(self.events(1) == ["stream refused 401"])
  }

  @Test func `an answer that is no event stream is malformed`() throws {
    self.link.openStream(accessToken: [])
    try self.takeRequest().connection.answer("200 OK", "{}")
    #expect(self.events(1) == ["stream failed malformedAnswer"])
  }

  @Test func `a silent stream is dead after 45 seconds, and comments keep it alive`() throws {
    let start = Clock.now
    let stream = try self.openStream()
    #expect(self.events(1, now: start) == ["stream opened"])
    let later = start.advanced(byMilliseconds: 40_000)
    stream.sendChunk(": still here\n\n")
    stream.sendChunk("data: x\n\n")
    #expect(self.events(1, now: later) == ["event message x"])
    self.link.advance(now: later.advanced(byMilliseconds: 44_999))
    #expect(self.link.pollEvent() == nil)
    #expect(self.link.deadline == later.advanced(byMilliseconds: 45_000))
    self.link.advance(now: later.advanced(byMilliseconds: 45_000))
    #expect(self.link.pollEvent().map(self.words) == "stream failed timedOut")
  }

  @Test func `an event over the limit fails the stream as that`() throws {
    let stream = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    for _ in 0..<5 { stream.sendChunk("data: " + String(repeating: "x", count: 16_000)) }
    #expect(self.events(1) == ["stream failed malformedAnswer"])
  }

  @Test func `a stream stays open until the one after it is`() throws {
    let first = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    self.link.openStream(accessToken: [UInt8]("rlka_new".utf8))
    let second = try self.takeRequest().connection
    #expect(second !== first)
    #expect(!first.hasEnded)
    // What the old one says and its end are no news of the new one.
    first.sendChunk("event: expired\ndata: {}\n\n")
    second.beginStream()
    second.sendChunk("event: ready\ndata: {}\n\n")
    #expect(self.events(2) == ["stream opened", "event ready {}"])
    self.run("the old one is closed") { first.hasEnded }
    #expect(!second.hasEnded)
    #expect(self.link.pollEvent() == nil)
  }

  @Test func `the cloud's end of a stream that is being replaced does not count`() throws {
    let first = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    self.link.openStream(accessToken: [UInt8]("rlka_new".utf8))
    first.sendChunk("")
    first.end()
    let second = try self.takeRequest().connection
    second.beginStream()
    #expect(self.events(1) == ["stream opened"])
    #expect(self.link.pollEvent() == nil)
  }

  @Test func `no stream outlives the failure of the one after it, nor the link's end`() throws {
    let first = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    self.link.openStream(accessToken: [UInt8]("rlka_new".utf8))
    try self.takeRequest().connection.answer("503 Service Unavailable", "{}")
    #expect(self.events(1) == ["stream refused 503"])
    self.run("the old one is closed") { first.hasEnded }

    let second = try self.openStream()
    #expect(self.events(1) == ["stream opened"])
    self.link.openStream(accessToken: [UInt8]("rlka_new".utf8))
    let third = try self.takeRequest().connection
    self.link.closeStream()
    self.run("both are closed") { second.hasEnded && third.hasEnded }
    #expect(self.link.pollEvent() == nil)
  }

  @Test func `a closed stream tells nothing more, not even what it had said`() throws {
    let stream = try self.openStream()
    stream.sendChunk("data: a\n\n")
    stream.sendChunk("data: b\n\n")
    var first: DeviceEvent?
    self.run("the stream's opening") {
      first = self.link.pollEvent()
      return first != nil
    }
    self.link.closeStream()
    self.run("the client closes") { stream.hasEnded }
    #expect(self.link.pollEvent() == nil)
  }

  @Test func `a device without power says nothing more`() throws {
    let stream = try self.openStream()
    self.link.send(self.request(1))
    let requests = try self.takeRequest().connection
    self.link.abort()
    #expect(self.link.pollEvent() == nil)
    self.run("both are gone") { requests.hasEnded && stream.hasEnded }
  }

  @Test func `an unknown authority is in the journal as itself`() throws {
    let other = try DevelopmentCA(folder: self.laboratory.folder.path("other"))
    let cloud = try TestCloud(identity: other.issueServerCertificate())
    let link = CloudLink(
      origin: try cloud.origin(), context: try self.laboratory.context(),
      journal: self.laboratory.journal)
    link.setRoute(isThere: true)
    link.send(self.request(1))
    var event: DeviceEvent?
    waitUntil("the request fails") {
      link.advance(now: Clock.now)
      cloud.turn()
      event = link.pollEvent()
      return event != nil
    }
    #expect(event.map(self.words) == "failed 1 unknownAuthority")
    let line = try #require(self.laboratory.journalLines().first)
    #expect(line.hasPrefix(#"{"event":"tls","result":"unknownAuthority","resumed":false"#))
  }
}
