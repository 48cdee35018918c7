import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Events as they go over the wire.
struct SecurityEventTokenTests {
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

  private func token(
    _ event: SecurityEvent, for receiver: Receiver, number: UInt64 = 7
  ) -> SecurityEventToken {
    SecurityEventToken(
      NumberedSecurityEvent(number: number, event: event), for: receiver,
      issuer: "https://lab.test")
  }

  @Test func `a token names the event, the audience and the session`() throws {
    let receiver = try self.receiver()
    let event = SecurityEvent(
      at: UnixMilliseconds(1_577_352_060_999), scope: .session(Sample.sessionID(1)),
      account: Sample.accountID(2), device: Sample.deviceID(3), initiator: .policy,
      reason: "ein \"Grund\" – 🏠")
    let token = self.token(event, for: receiver)
    let txn = String(decoding: try #require(token.claims["txn"]).bytes, as: UTF8.self)
    let expected = """
      {"iss":"https://lab.test","jti":"\(token.id)","iat":1577352060,"aud":"qa","txn":\(txn),\
      "sub_id":{"format":"complex",\
      "user":{"format":"iss_sub","iss":"https://lab.test","sub":"\(Sample.accountID(2).text)"},\
      "device":{"format":"opaque","id":"\(Sample.deviceID(3).text)"},\
      "session":{"format":"opaque","id":"\(Sample.sessionID(1).text)"}},\
      "events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":\
      {"event_timestamp":1577352060,"initiating_entity":"policy",\
      "reason_admin":{"en":"ein \\"Grund\\" – 🏠"},"reason_user":{"en":"ein \\"Grund\\" – 🏠"}}}}
      """
    #expect(try JSONValue(parsing: Array(expected.utf8)) == token.claims)
  }

  @Test(
    arguments: [
      (
        RevocationScope.everyone,
        #"{"format":"complex","tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .kind(.camera),
        #"{"format":"complex","application":{"format":"opaque","id":"camera"},"tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .issuedBefore,
        #"{"format":"complex","tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .region(Region("eu-west")!),
        #"{"format":"complex","group":{"format":"opaque","id":"eu-west"},"tenant":{"format":"opaque","id":"https://lab.test"}}"#
      ),
      (
        .account(Sample.accountID(1)),
        #"{"format":"iss_sub","iss":"https://lab.test","sub":"\#(Sample.uuid(1))"}"#
      ),
      (
        .device(Sample.deviceID(1)),
        #"{"format":"complex","device":{"format":"opaque","id":"\#(Sample.uuid(1))"}}"#
      ),
      (
        .session(Sample.sessionID(1)),
        #"{"format":"complex","session":{"format":"opaque","id":"\#(Sample.uuid(1))"}}"#
      ),
    ])
  func `a subject says whom it covers`(scope: RevocationScope, subject: String) throws {
    let event = SecurityEvent(
      at: UnixMilliseconds(0), scope: scope, initiator: .admin, reason: "")
    let token = self.token(event, for: try self.receiver())
    #expect(try token.claims["sub_id"] == JSONValue(parsing: Array(subject.utf8)))
    let events = try #require(token.claims["events"])
    guard case .object(let members) = events else { throw Unexpected() }
    #expect(members.count == 1)
    #expect(members[0].value["reason_admin"] == nil)
  }

  @Test func `a logout of what was minted earlier says when`() throws {
    let event = SecurityEvent(
      at: UnixMilliseconds(9_000), scope: .issuedBefore, before: UnixMilliseconds(8_765),
      initiator: .admin, reason: "")
    let events = try #require(self.token(event, for: try self.receiver()).claims["events"])
    #expect(
      events["https://schemas.openid.net/secevent/caep/event-type/session-revoked"]
        == (try JSONValue(
          parsing: Array(
            #"{"event_timestamp":9,"initiating_entity":"admin","issued_before_ms":8765}"#.utf8))))
  }

  @Test func `an authorization is kept under the cloud's keys, and opens for its receiver alone`()
    throws
  {
    guard case .subscribed(let receiver) = try self.subscribe(authorization: "Bearer secret-1")
    else { throw Unexpected() }
    let sealed = try #require(receiver.sealedAuthorization)
    #expect(!String(decoding: sealed, as: UTF8.self).contains("secret-1"))
    let event = NumberedSecurityEvent(
      number: 1,
      event: SecurityEvent(
        at: self.fixture.now, scope: .everyone, initiator: .admin, reason: "exercise"))
    func signed(_ receiver: Receiver) throws -> SignedSecurityEvent? {
      try self.fixture.transaction {
        try self.fixture.cloud.signed(
          event, for: receiver, in: $0, at: self.fixture.now, random: &self.fixture.random)
      }
    }
    #expect(try signed(receiver)?.authorization == Secret("Bearer secret-1"))
    let another = Receiver(
      id: ReceiverID(random: &self.fixture.random), endpoint: receiver.endpoint,
      audience: receiver.audience, sealedAuthorization: sealed, createdAt: receiver.createdAt,
      position: 0)
    // Better told to nobody than without what lets it in.
    #expect(try signed(another) == nil)
    #expect(try signed(self.receiver())?.authorization == nil)
  }

  @Test func `an event keeps its name for one receiver, and has another for each other`() throws {
    let (one, two) = (try self.receiver(), try self.receiver())
    let event = SecurityEvent(
      at: UnixMilliseconds(5), scope: .everyone, initiator: .admin, reason: "a")
    let later = SecurityEvent(
      at: UnixMilliseconds(6), scope: .everyone, initiator: .admin, reason: "a")
    #expect(self.token(event, for: one).id == self.token(event, for: one).id)
    let ids = [
      self.token(event, for: one), self.token(event, for: two),
      self.token(event, for: one, number: 8), self.token(later, for: one),
    ].map(\.id)
    #expect(Set(ids).count == 4)
    #expect(ids.allSatisfy { $0.utf8.count == 22 })
    // What came to pass has one name for all, and that is nobody's `jti`.
    let transactions = [one, two].map { self.token(event, for: $0).claims["txn"] }
    #expect(transactions[0] != nil)
    #expect(transactions[0] == transactions[1])
    #expect(transactions[0] != self.token(later, for: one).claims["txn"])
    #expect(!ids.contains { transactions[0] == .string(Array($0.utf8)) })
  }
}
