import AsyncHTTPClient
import CloudCore
import CloudServer
import DeviceProtocol
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

/// A cloud that is shut down and started again on its folder.
@Suite struct DPoPRestartTests {
  private static let issuer = "https://lab.test:8443"

  @Sendable private static func setIssuer(_ options: inout CloudServerOptions) {
    options.issuer = self.issuer
  }

  private func refresh(
    _ token: String, proof: String, at cloud: RunningCloud, on client: HTTPClient
  ) async throws -> (status: Int, text: String, nonce: String?) {
    var request = HTTPClientRequest(url: "https://127.0.0.1:\(cloud.listening.port)/oauth/token")
    request.method = .POST
    request.headers.add(name: "DPoP", value: proof)
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    request.body = .bytes(
      ByteBuffer(
        string: "grant_type=refresh_token&client_id=relink-app&refresh_token=\(token)"))
    let response = try await client.execute(request, timeout: .seconds(20))
    return (
      Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 16)),
      response.headers.first(name: "DPoP-Nonce")
    )
  }

  @Test func `a proof that was used before a restart is not taken after it`() async throws {
    let folder = try TemporaryFolder()
    let maker = ProofMaker()
    let uri = Self.issuer + "/oauth/token"
    let storage = CloudStorage.folder(folder.path + "/cloud")
    // Stands still, for the proof must not grow too old meanwhile.
    let clock = TestClock()
    let proof = maker.proof("POST", uri, at: clock.now)
    func with(_ body: @Sendable (RunningCloud, HTTPClient) async throws -> Void) async throws {
      try await RunningCloud.with(
        storage: storage, clock: clock.read, configure: Self.setIssuer
      ) { cloud in
        try await cloud.withClient { try await body(cloud, $0) }
      }
    }
    try await with { cloud, client in
      let first = try await self.refresh("x", proof: proof, at: cloud, on: client)
      #expect(first.text.contains("token_unknown"))
      let second = try await self.refresh("x", proof: proof, at: cloud, on: client)
      #expect(second.text.contains("proof_replayed"))
    }
    try await with { cloud, client in
      let third = try await self.refresh("x", proof: proof, at: cloud, on: client)
      #expect(third.status == 400)
      #expect(third.text.contains("use_dpop_nonce"))
      // Who holds the key goes on with the nonce.
      let nonce = try #require(third.nonce)
      let renewed = maker.proof("POST", uri, at: clock.now, nonce: nonce)
      let fourth = try await self.refresh("x", proof: renewed, at: cloud, on: client)
      #expect(fourth.text.contains("token_unknown"))
    }
  }
}
