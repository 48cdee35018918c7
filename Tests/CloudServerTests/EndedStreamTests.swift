import CloudCore
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
