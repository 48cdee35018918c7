import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Who may be subscribed.
struct ReceiverTests {
  private let fixture = CloudFixture()

  private func subscribe(
    _ endpoint: String = "https://qa.test/events", audience: String = "qa",
    authorization: String? = nil
  ) throws -> SubscribeOutcome {
    try self.fixture.transaction {
      try self.fixture.cloud.subscribe(
        endpoint: endpoint, audience: audience, authorization: authorization.map { Secret($0) },
        in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
  }

  private func receiver() throws -> Receiver {
    guard case .subscribed(let receiver) = try self.subscribe() else { throw Unexpected() }
    return receiver
  }

  private struct Unexpected: Error {}

  @Test(arguments: [
    "https://qa.test/events", "https://qa.test:9000", "HTTPS://qa.test/?x=y",
    "http://127.0.0.1:9000/events", "http://localhost/", "http://[::1]:9/x",
  ])
  func `an endpoint is https, or on this machine`(endpoint: String) throws {
    guard case .subscribed = try self.subscribe(endpoint) else { throw Unexpected() }
  }

  @Test(arguments: [
    "", "qa.test", "http://qa.test/events", "http://127.0.0.1.evil.test/", "http://127.0.0.2/",
    "ftp://127.0.0.1/", "http://localhost@evil.test/", "https://user@qa.test/", "https://",
    "https://qa.test/#fragment", "https://qa.test/ x", "https://qa.test/\r\nX: y",
    "https://qa.test/" + String(repeating: "a", count: 2_048), "http://[::1",
    "http://[::1].evil.test/",
  ])
  func `any other endpoint is refused`(endpoint: String) throws {
    guard case .invalid = try self.subscribe(endpoint) else { throw Unexpected() }
  }

  @Test func `an audience and a header are of their shape`() throws {
    for audience in ["", " ", "a b", "a\u{0}", String(repeating: "a", count: 257)] {
      guard case .invalid = try self.subscribe(audience: audience) else { throw Unexpected() }
    }
    for header in ["", " x", "Bearer x\r\nX: y", "ü", String(repeating: "a", count: 4_097)] {
      guard case .invalid = try self.subscribe(authorization: header) else { throw Unexpected() }
    }
    guard case .subscribed = try self.subscribe(authorization: "Bearer x") else {
      throw Unexpected()
    }
  }

  @Test func `there is a bound on receivers`() throws {
    for _ in 0..<16 { _ = try self.receiver() }
    guard case .tooMany(let limit) = try self.subscribe() else { throw Unexpected() }
    #expect(limit == 16)
  }
}
