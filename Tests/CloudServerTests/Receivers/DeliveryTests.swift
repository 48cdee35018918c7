import CloudCore
import DeviceProtocol
import HTTPTypes
import Testing

@testable import CloudServer

/// Events on their way to receivers that take them (RFC 8935).
@Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
  @Test func `a logout is told, signed, to whom it may concern`() async throws {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver { cloud in
        try await DeliveryLab.subscribe(
          receiver, endpoint, at: cloud,
          more: #","authorization":"Bearer the-receivers-secret""#)
        try await DeliveryLab.logOut(at: cloud)
        await receiver.waitUntilTaken(1)
        let post = try #require(receiver.posts.first)
        #expect(post.contentType == "application/secevent+jwt")
        #expect(post.accept == "application/json")
        #expect(post.authorization == "Bearer the-receivers-secret")
        let type: StaticString =
          "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
        let event = post.claims["events"]?[type]
        #expect(event?["initiating_entity"] == .text("admin"))
        #expect(event?["event_timestamp"] == .integer(1_577_352_060))
        #expect(event?["reason_admin"]?["en"] == .text("an exercise"))
        try await DeliveryLab.expect(.init(delivered: 1), at: cloud)
        #expect(receiver.posts.count == 1)
      }
    }
  }

  /// Otherwise the receiver of these tests would take anything.
  @Test func `a receiver of these tests takes nothing that is not for it, or was changed`()
    async throws
  {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        try await DeliveryLab.logOut(at: cloud)
        await receiver.waitUntilTaken(1)
        let token = try #require(receiver.posts.first).token
        func refusal(
          _ token: String, issuer: String = "https://127.0.0.1:8443", audience: String = "qa"
        ) async -> String? {
          await EventVerifier(issuer: issuer, audience: audience) {
            try await cloud.request(.get, "/oauth/jwks").json
          }.refusal(of: token)
        }
        #expect(await refusal(token) == nil)
        #expect(await refusal(token, issuer: "https://another") == "invalid_issuer")
        #expect(await refusal(token, audience: "another") == "invalid_audience")
        let parts = token.split(separator: ".")
        let payload = try #require(Base64URL.decode(Array(parts[1].utf8)))
        let forged = Base64URL.encode(
          Array(String(decoding: payload, as: UTF8.self).replacing("exercise", with: "?").utf8))
        let text = "\(parts[0]).\(String(decoding: forged, as: UTF8.self)).\(parts[2])"
        #expect(await refusal(text) == "invalid_key")
      }
    }
  }

  @Test func `each subscribed receiver is told each logout once, for itself`() async throws {
    let (one, two) = (ReferenceReceiver(), ReferenceReceiver())
    try await one.run { first in
      try await two.run { second in
        try await DeliveryLab.deliver { cloud in
          _ = try await cloud.newOwner()
          try await DeliveryLab.subscribe(one, first, at: cloud, audience: "one")
          try await DeliveryLab.subscribe(two, second, at: cloud, audience: "two")
          try await DeliveryLab.logOut(#""scope":"kind","kind":"camera""#, at: cloud)
          try await DeliveryLab.logOut(#""scope":"region","region":"default""#, at: cloud)
          try await DeliveryLab.logOut(#""scope":"issued_before""#, at: cloud)
          await one.waitUntilTaken(3)
          await two.waitUntilTaken(3)
          #expect(one.posts.count == 3)
          #expect(two.posts.count == 3)
          // In order.
          #expect(one.posts.map { $0.claims["sub_id"] } == two.posts.map { $0.claims["sub_id"] })
          #expect(
            one.posts[0].claims["sub_id"]?["application"]?["id"] == .text("camera"))
          #expect(one.posts[1].claims["sub_id"]?["group"]?["id"] == .text("default"))
          #expect(Set((one.posts + two.posts).map(\.id)).count == 6)
        }
      }
    }
  }

  @Test func `a removed receiver is not told any more`() async throws {
    let (receiver, other) = (ReferenceReceiver(), ReferenceReceiver())
    try await receiver.run { endpoint in
      try await other.run { otherEndpoint in
        try await DeliveryLab.deliver { cloud in
          let id = try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
          try await DeliveryLab.subscribe(other, otherEndpoint, at: cloud)
          try await DeliveryLab.logOut(at: cloud)
          await receiver.waitUntilTaken(1)
          #expect(try await cloud.administer(.delete, "/admin/v1/receivers/\(id)").status == 204)
          try await DeliveryLab.logOut(at: cloud)
          // The other is told; so it would have been.
          await other.waitUntilTaken(2)
          try await DeliveryLab.expect(.init(delivered: 2), at: cloud)
          #expect(receiver.posts.count == 1)
        }
      }
    }
  }

  @Test func `an event is signed by the algorithm of the newest key`() async throws {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        for algorithm in ["RS256", "ES256"] {
          let answer = try await cloud.administer(
            .post, "/admin/v1/keys/rotate",
            body: #"{"algorithm":"\#(algorithm)","lead_seconds":0}"#)
          try #require(answer.status == 201)
          cloud.clock.advance(seconds: 1)
          try await DeliveryLab.logOut(at: cloud)
        }
        await receiver.waitUntilTaken(2)
        let algorithms = receiver.posts.map { post in
          EventVerifier.object(post.token.prefix { $0 != "." })?["alg"]
        }
        #expect(algorithms == [.text("RS256"), .text("ES256")])
        try await DeliveryLab.expect(.init(delivered: 2), at: cloud)
      }
    }
  }

  @Test func `keys that sign next are published before a receiver sees them`() async throws {
    let receiver = ReferenceReceiver()
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver { cloud in
        try await DeliveryLab.subscribe(receiver, endpoint, at: cloud)
        for _ in 0..<3 {
          let answer = try await cloud.administer(
            .post, "/admin/v1/keys/rotate", body: #"{"lead_seconds":0}"#)
          try #require(answer.status == 201)
          cloud.clock.advance(seconds: 1)
          try await DeliveryLab.logOut(at: cloud)
        }
        await receiver.waitUntilTaken(3)
        // By whatever key, each was taken at once.
        try await DeliveryLab.expect(.init(delivered: 3), at: cloud)
        #expect(receiver.posts.count == 3)
      }
    }
  }
}
