import CloudCore
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import CloudServer

/// A logout between the check of a token and what the token was to guard.
@Suite struct LateRefusalTests {
  private let cloud = TestCloud()

  private typealias Handler =
    @Sendable (Authenticated, Request, CloudRequestContext) async throws -> Response

  @Test(
    arguments: [
      "devices", "device", "motions", "measurements", "events", "remove", "pair", "session",
    ])
  func `a handler refuses a caller who was logged out since the check`(name: String) async throws {
    let app = try await self.cloud.newOwner()
    let caller = try await self.caller(app)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    let service = self.cloud.service
    let handler: Handler =
      switch name {
      case "devices": service.listDevices
      case "device": service.showDevice
      case "motions": service.listMotions
      case "measurements": service.listMeasurements
      case "events": service.events
      case "remove": service.removeDevice
      case "session": service.showSession
      default: service.createPairingToken
      }
    let failure = await #expect(throws: HTTPFailure.self) {
      _ = try await PeerConnection.$current.withValue(
        PeerConnection(deviceCertificate: nil, remoteAddress: CloudFixture.address)
      ) {
        try await handler(caller, Self.request, try Self.context())
      }
    }
    #expect(failure?.answer.body.reason == "logged_out")
    #expect(service.streams.streams { _ in true }.isEmpty)
  }

  @Test func `a handler takes a caller who is still logged in`() async throws {
    let caller = try await self.caller(self.cloud.newOwner())
    _ = try await self.cloud.service.listDevices(caller, Self.request, try Self.context())
  }

  private func caller(_ tokens: TestCloud.Tokens) async throws -> Authenticated {
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(tokens.access), certificateThumbprint: nil, requiring: [.app], in: reader, at: now)
    }
    switch outcome {
    case .accepted(let caller), .acceptedFirstUse(let caller): return caller
    case .wrongKind, .refused: throw Unexpected()
    }
  }

  private struct Unexpected: Error {}

  private static var request: Request {
    Request(
      head: HTTPRequest(
        method: .get, scheme: "https", authority: "localhost", path: "/",
        headerFields: [.contentType: "application/json"]),
      body: RequestBody(buffer: ByteBuffer(string: "{}")))
  }

  private static func context() throws -> CloudRequestContext {
    CloudRequestContext(
      source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: .silent))
  }
}
