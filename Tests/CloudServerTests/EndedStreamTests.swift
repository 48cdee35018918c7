import CloudCore
import DeviceProtocol
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What is written to a stream by the time that whoever ended it is answered.
@Suite(.timeLimit(.minutes(5))) struct EndedStreamTests {
  private let cloud = TestCloud()

  @Test func `a logout is answered after the last event is written to the streams that it kills`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let stream = try await self.openStream(app)
    try await self.expectEnded(
      stream, lastEvent: .loggedOut(scope: "everyone", reason: "exercise")
    ) {
      try await self.cloud.administer(
        .post, "/admin/v1/logout", body: #"{"scope":"everyone","reason":"exercise"}"#
      ).status == 200
    }
  }

  @Test(
    arguments: [
      ("kind", #""kind":"app""#), ("region", #""region":"\#(Region.standard.text)""#),
      ("account", #""email":"owner@example.org""#), ("issued_before", #""dry_run":false"#),
    ])
  func `a logout of any scope ends the streams that it kills`(
    scope: String, member: String
  ) async throws {
    let app = try await self.cloud.newOwner()
    let stream = try await self.openStream(app)
    try await self.expectEnded(stream, lastEvent: .loggedOut(scope: scope, reason: "exercise")) {
      try await self.cloud.administer(
        .post, "/admin/v1/logout",
        body: #"{"scope":"\#(scope)",\#(member),"reason":"exercise"}"#
      ).status == 200
    }
  }

  @Test func `a revocation is answered after the streams of its sessions have ended`()
    async throws
  {
    let app = try await self.cloud.newOwner()
    let stream = try await self.openStream(app)
    try await self.expectEnded(stream, lastEvent: nil) {
      try await self.cloud.administer(
        .post, "/admin/v1/tokens/revoke", body: #"{"account":"owner@example.org"}"#
      ).status == 200
    }
  }

  @Test func `a dry run counts the streams that its cut-off would end, and no others`()
    async throws
  {
    let early = try await self.openStream(self.cloud.newOwner())
    self.cloud.clock.advance(seconds: 60)
    let late = try await self.openStream(self.cloud.signIn("owner@example.org"))
    let now = self.cloud.clock.now.value
    for (before, count) in [(now - 60_000, 0), (now - 1, 1), (now, 1)] {
      let answer = try await self.cloud.administer(
        .post, "/admin/v1/logout",
        body: #"{"scope":"issued_before","before":\#(before),"dry_run":true}"#)
      #expect(try answer.json["streams"] == .integer(Int64(count)), "\(before)")
    }
    for stream in [early, late] { self.cloud.service.streams.close(stream) }
  }

  @Test func `a removal is answered after the device's stream has ended`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let stream = try await self.openStream(camera, peer: CloudFixture.certificate(1))
    let device = try #require(camera.device)
    try await self.expectEnded(stream, lastEvent: nil) {
      try await self.cloud.request(.delete, "/v1/devices/\(device)", token: app.access).status
        == 204
    }
  }

  /// - Parameter request: Returns whether it was answered as it should be.
  private func expectEnded(
    _ stream: EventStream, lastEvent: ServerSentEvent?,
    by request: () async throws -> Bool
  ) async throws {
    let hub = self.cloud.service.streams
    let isWritten = Flag()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        while true {
          guard case .finish(let event) = await stream.next() else { continue }
          #expect(event == lastEvent)
          // The peer is slow to take it.
          for _ in 0..<100 { await Task.yield() }
          isWritten.set()
          hub.close(stream)
          return
        }
      }
      let isAnswered = try await request()
      let wasWritten = isWritten.value
      #expect(isAnswered)
      #expect(wasWritten)
      #expect(hub.streams { _ in true }.isEmpty)
      tasks.cancelAll()
    }
  }

  private func openStream(
    _ tokens: TestCloud.Tokens, peer: DeviceCertificate? = nil
  ) async throws -> EventStream {
    let outcome = try await self.cloud.service.read { cloud, reader, now in
      try cloud.authenticate(
        Secret(tokens.access), certificateThumbprint: peer?.thumbprint,
        requiring: Set(ClientKind.allCases), in: reader, at: now)
    }
    switch outcome {
    case .accepted(let caller), .acceptedFirstUse(let caller):
      return try #require(
        self.cloud.service.streams.open(
          for: caller,
          on: PeerConnection(deviceCertificate: peer, remoteAddress: CloudFixture.address)))
    case .wrongKind, .refused:
      throw Unexpected()
    }
  }

  private struct Unexpected: Error {}
}
