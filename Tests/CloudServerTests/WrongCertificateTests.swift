import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import NIOSSL
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct WrongCertificateTests {
  @Test(
    arguments: [
      ("expired", "CERTIFICATE_VERIFY_FAILED"), ("unknown_ca", "CERTIFICATE_VERIFY_FAILED"),
      ("other_host", "failedToValidateHostname"),
    ])
  func `a client refuses the certificate that a fault presents, once`(
    wrong: String, why: String
  ) async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"certificate":"\#(wrong)"}"#)
      let refused = try await RawExchange.send(
        RawExchange.health, to: cloud, serverName: "localhost")
      guard case .failed(let error) = refused.end else {
        Issue.record("the handshake ended in \(refused.end)")
        return
      }
      #expect(error.contains(why), "\(error)")
      #expect(refused.bytes.isEmpty)
      let firing = try await cloud.lastFiring()
      #expect(firing["connection"]?["server_name"] == .string(Array("localhost".utf8)))
      #expect(firing["outcome"] == .string(Array("struck".utf8)))

      let served = try await RawExchange.send(
        RawExchange.health, to: cloud, serverName: "localhost")
      #expect(served.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `only a connection that asks for the name is struck`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"certificate":"unknown_ca","server_name":"LOCALHOST","every":1}"#)
      let nameless = try await RawExchange.send(RawExchange.health, to: cloud)
      #expect(nameless.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
      let named = try await RawExchange.send(
        RawExchange.health, to: cloud, serverName: "localhost")
      #expect(named.bytes.isEmpty)
    }
  }

  @Test func `a device with a certificate pairs beside such a fault`() async throws {
    try await RunningCloud.with { cloud in
      try await cloud.order(#"{"certificate":"expired","address":"127.0.0.9","every":1}"#)
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let id = try await cloud.withClient(device: cloud.issueDevice(1)) { deviceClient in
          try await cloud.pair(owner: owner, ownerClient: client, deviceClient: deviceClient)
            .deviceID
        }
        #expect(id == Array(CloudFixture.certificate(1).deviceID.text.utf8))
      }
    }
  }
}
