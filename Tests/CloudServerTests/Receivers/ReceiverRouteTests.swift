import CloudCore
import DeviceHost
import DeviceProtocol
import Foundation
import HTTPTypes
import Logging
import Testing

@testable import CloudServer

/// The admin listener's routes of receivers.
@Suite(.timeLimit(.minutes(5))) struct ReceiverRouteTests {
  private static let path = "/admin/v1/receivers"

  @Test func `a receiver is listed without its authorization, which no log has either`()
    async throws
  {
    let log = LogLines()
    let cloud = TestCloud(logger: log.logger(level: .trace))
    let receiver = ReferenceReceiver(answering: [.init(status: 500)])
    try await receiver.run { endpoint in
      try await DeliveryLab.deliver(from: cloud) { cloud in
        let body = """
          {"endpoint":"\(endpoint)?key=of-the-endpoint","audience":"qa",\
          "authorization":"Bearer of-the-receiver"}
          """
        receiver.trust(
          EventVerifier(issuer: "https://127.0.0.1:8443", audience: "qa") {
            try await cloud.request(.get, "/oauth/jwks").json
          })
        let added = try await cloud.administer(.post, Self.path, body: body)
        #expect(added.status == 201)
        #expect(try added.json["authorized"] == .boolean(true))
        try await DeliveryLab.logOut(at: cloud)
        await receiver.waitUntilTaken(1)
        try await DeliveryLab.expect(.init(delivered: 1, retried: 1), at: cloud)
        let listed = try await cloud.administer(.get, Self.path)
        #expect(listed.text.contains(#""retried":1"#))
        #expect(!(added.text + listed.text).contains("of-the-receiver"))
        let id = try #require(try added.string("id"))
        #expect(try await cloud.administer(.delete, "\(Self.path)/\(id)").status == 204)
      }
    }
    #expect(receiver.posts.allSatisfy { $0.authorization == "Bearer of-the-receiver" })
    #expect(log.all.contains { $0.contains("receiver subscribed") })
    #expect(log.all.contains { $0.contains("event delivered") })
    #expect(!log.all.contains { $0.contains("of-the-receiver") || $0.contains("of-the-endpoint") })
    // The token is good for whoever has it.
    let token = try #require(receiver.posts.first).token
    #expect(!log.all.contains { $0.contains(token) })
  }

  @Test(
    arguments: [
      (#"{"endpoint":"http://qa.test/events","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"qa","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://qa.test/#x","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://me@qa.test/","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"http://127.0.0.1:99999/e","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"http://127.0.0.1:65536/e","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"http://127.0.0.1:0/e","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"http://[::1]:99999/e","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://192.0.2.1:99999/e","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://qa.test:18446744073709551616/","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://%5B%5D/","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://[]/","audience":"qa"}"#, "'endpoint'"),
      (#"{"endpoint":"https://qa.test/","audience":""}"#, "'audience'"),
      (#"{"endpoint":"https://qa.test/","audience":"a b"}"#, "'audience'"),
      (
        #"{"endpoint":"https://qa.test/","audience":"qa","authorization":"a\r\nHost: b"}"#,
        "'authorization'"
      ),
      (
        #"{"endpoint":"https://qa.test/","audience":"qa","authorization":""}"#, "'authorization'"
      ),
    ])
  func `what no receiver can be is refused by name`(body: String, member: String) async throws {
    let answer = try await TestCloud().administer(.post, Self.path, body: body)
    #expect(answer.status == 400)
    #expect(try answer.string("reason") == "bad_receiver")
    #expect(try #require(try answer.string("error_description")).contains(member))
  }

  @Test(arguments: [
    #"{"endpoint":"https://qa.test/"}"#, #"{"audience":"qa"}"#, "[]", "", "{",
    #"{"endpoint":7,"audience":"qa"}"#, #"{"endpoint":"https://qa.test/","audience":["qa"]}"#,
    #"{"endpoint":"https://qa.test/","audience":"qa","events":[]}"#,
  ])
  func `a body of another shape is a 400`(body: String) async throws {
    let answer = try await TestCloud().administer(.post, Self.path, body: body)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test func `there is a bound on receivers, and unknown ones are a 404`() async throws {
    let cloud = TestCloud()
    let body = #"{"endpoint":"https://qa.test/","audience":"qa"}"#
    for _ in 0..<16 {
      #expect(try await cloud.administer(.post, Self.path, body: body).status == 201)
    }
    let answer = try await cloud.administer(.post, Self.path, body: body)
    #expect(answer.status == 409)
    #expect(try answer.string("reason") == "too_many_receivers")
    for id in ["x", UUID().uuidString.lowercased()] {
      let answer = try await cloud.administer(.delete, "\(Self.path)/\(id)")
      #expect(answer.status == 404)
      #expect(try answer.string("reason") == "unknown_receiver")
    }
  }

  /// Another cloud stands for a receiver: what it answers to the post does not matter here.
  @Test func `an event goes to whom its certificate makes trusted, and to nobody else`()
    async throws
  {
    try await RunningCloud.with { receiver in
      let authority = Array(receiver.development.serverAuthority)
      for isTrusted in [false, true] {
        try await RunningCloud.with(configure: { options in
          options.delivery.firstWait = .milliseconds(5)
          if isTrusted { options.receiverAuthority = authority }
        }) { cloud in
          let body = #"{"endpoint":"\#(receiver.origin)/events","audience":"qa"}"#
          #expect(try await cloud.administer("POST", Self.path, body: body).status == 201)
          let logout = #"{"scope":"everyone","reason":""}"#
          #expect(
            try await cloud.administer("POST", "/admin/v1/logout", body: logout).status == 200)
          var list = ""
          while !list.contains("last_failure") {
            try await Task.sleep(for: .milliseconds(50))
            list = try await cloud.administer("GET", Self.path).text
          }
          #expect(list.contains("status 404") == isTrusted)
          #expect(list.contains("no trust in its certificate") != isTrusted)
        }
      }
    }
  }
}
