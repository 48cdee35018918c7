import NIOCore
import NIOEmbedded
import Testing

@testable import CloudServer

/// What waits on a connection.
@Suite(.timeLimit(.minutes(1))) struct PeerConnectionTests {
  private final class Page: Sendable {}

  private static func until(_ condition: () -> Bool) async throws {
    for _ in 0..<1_000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
  }

  @Test func `what was waited for is not kept as long as its connection is`() async throws {
    let channel = NIOAsyncTestingChannel()
    let connection = PeerConnection(channel: channel)
    weak var page: Page?
    for _ in 0..<3 {
      let made = try await connection.whileOpen { Page() }
      page = made
    }
    try await Self.until { page == nil }
    #expect(page == nil)
    #expect(connection.closeWatches.count == 0)
    _ = try await channel.finish()
  }

  @Test func `the end of a connection ends what waits on it, and what comes later at once`()
    async throws
  {
    let channel = NIOAsyncTestingChannel()
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
    let connection = PeerConnection(channel: channel)
    let waiting = Task { try await connection.wait(for: .seconds(600)) }
    try await Self.until { connection.closeWatches.count == 1 }
    try await channel.close().get()
    await #expect(throws: ConnectionIsClosed.self) { try await waiting.value }
    await #expect(throws: ConnectionIsClosed.self) { try await connection.wait(for: .seconds(600)) }
    #expect(connection.closeWatches.count == 0)
  }
}
