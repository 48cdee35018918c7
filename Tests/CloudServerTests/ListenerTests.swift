import CloudCore
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport
import Testing

@testable import CloudServer

/// A listener on a real socket, without TLS.
@Suite(.timeLimit(.minutes(5))) struct ListenerTests {
  @Test func `a header over the limit is refused`() async throws {
    try await Self.withListener { port in
      let answer = try await Self.exchange(
        port: port,
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Filler: \(String(repeating: "x", count: 17_000))\r\n\r\n"
      )
      #expect(answer.hasPrefix("HTTP/1.1 431"))
    }
  }

  @Test func `a header within the limit is taken`() async throws {
    try await Self.withListener { port in
      let answer = try await Self.exchange(
        port: port,
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Filler: \(String(repeating: "x", count: 8_000))\r\n"
          + "Connection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test(arguments: [(90, "HTTP/1.1 200"), (150, "HTTP/1.1 4")])
  func `a header has a hundred fields at most`(count: Int, answer: String) async throws {
    try await Self.withListener { port in
      let fields = (0..<count).map { "X-\($0): y\r\n" }.joined()
      let told = try await Self.exchange(
        port: port, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(fields)\r\n")
      #expect(told.hasPrefix(answer), "\(told.prefix(40))")
    }
  }

  @Test(arguments: ["\u{16}\u{3}\u{1}\u{2}\u{0}", "NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"])
  func `what is not HTTP is closed on`(bytes: String) async throws {
    try await Self.withListener { port in
      let answer = try await Self.exchange(port: port, bytes)
      #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400"))
    }
  }

  @Test(arguments: [
    "GET /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "GET /health HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ])
  func `a head that others may read in another way is a 400, after what came before`(
    head: String
  ) async throws {
    try await Self.withListener { port in
      let before = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
      let answer = try await Self.exchange(port: port, before + head + before)
      let answers = answer.split(separator: "HTTP/1.1 ")
      #expect(answers.map { $0.prefix(3) } == ["200", "400"], "\(answer)")
      #expect(answer.contains("invalid_request"))
    }
  }

  @Test func `a connection of HTTP 1.0 ends after its answer unless it is to be kept`()
    async throws
  {
    try await Self.withListener { port in
      // Comes back once the listener has closed the connection, well before that is idle.
      let began = ContinuousClock.now
      let answer = try await Self.exchange(port: port, "GET /health HTTP/1.0\r\n\r\n")
      #expect(answer.contains(" 200 "))
      #expect(ContinuousClock.now - began < .seconds(30))
      let kept = try await Self.exchange(
        port: port,
        "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /health HTTP/1.0\r\n\r\n")
      #expect(kept.split(separator: " 200 ").count == 3)
    }
  }

  @Test(
    arguments: [
      "", "GET /health HT", "GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ",
      "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ])
  func `a request that does not come to its end is closed on`(bytes: String) async throws {
    var limits = ConnectionLimits()
    limits.idle = .milliseconds(300)
    limits.requestBody = .milliseconds(300)
    try await Self.withListener(limits: limits) { port in
      // Ends when the listener closes the connection; on a slow machine that may be before the bytes
      // are written, which then fails.
      let answer = (try? await Self.exchange(port: port, bytes)) ?? ""
      #expect(!answer.hasPrefix("HTTP/1.1 2"))
    }
  }

  @Test func `a connection over the limit waits until another is closed`() async throws {
    try await Self.withListener(connectionCount: 1) { port in
      let first = try await Self.connect(port: port)
      // The kernel takes the connection and the request; the listener does neither yet.
      let isAnswered = Flag()
      async let second = {
        let answer = try await Self.exchange(
          port: port, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        isAnswered.set()
        return answer
      }()
      try await first.executeThenClose { inbound, outbound in
        var iterator = inbound.makeAsyncIterator()
        // Long enough for the second to be answered many times over.
        for _ in 0..<200 {
          try await outbound.write(
            ByteBuffer(string: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"))
          let answer = try #require(try await iterator.next())
          #expect(String(buffer: answer).hasPrefix("HTTP/1.1 200"))
        }
        let wasAnswered = isAnswered.value
        #expect(!wasAnswered)
      }
      #expect(try await second.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func `there are never more connections than descriptors`() {
    #expect(DescriptorLimit.connectionCount(20_000, limit: 1_024) == 768)
    #expect(DescriptorLimit.connectionCount(500, limit: 1_024) == 500)
    #expect(DescriptorLimit.connectionCount(20_000, limit: 64) == 1)
  }

  @Test func `the limit of descriptors is raised as far as the system lets it`() {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var before = rlimit()
    #expect(getrlimit(resource, &before) == 0)
    // Other tests of this process have files open: it is lowered by one alone.
    var lowered = before
    lowered.rlim_cur = before.rlim_max - 1
    #expect(setrlimit(resource, &lowered) == 0)
    #expect(DescriptorLimit.raise() == Int(clamping: before.rlim_max))
  }

  @Test func `a port in use is told by its number`() async throws {
    try await Self.withListener { port in
      let listener = Self.listener(port: port) { _ in }
      let error = await #expect(throws: CloudServerError.self) { try await listener.run() }
      #expect(error?.code == .listen)
      #expect(
        error?.description == "cannot listen on 127.0.0.1:\(port): Address already in use")
    }
  }

  // MARK: Sockets

  private static func listener(
    of cloud: TestCloud = TestCloud(), port: Int = 0, connectionCount: Int = 100,
    limits: ConnectionLimits = ConnectionLimits(),
    onBound: @escaping @Sendable (Int) async -> Void
  ) -> Listener {
    Listener(
      responder: cloud.publicResponder, host: "127.0.0.1", port: port, tls: nil,
      connectionCount: connectionCount, limits: limits, logger: .silent, onBound: onBound)
  }

  static func withListener(
    of cloud: TestCloud = TestCloud(), connectionCount: Int = 100,
    limits: ConnectionLimits = ConnectionLimits(),
    _ body: @Sendable (Int) async throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let listener = Self.listener(of: cloud, connectionCount: connectionCount, limits: limits) {
      continuation.yield($0)
    }
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: listener, serviceName: "listener")], logger: .silent))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      let port = try #require(await ports.first { _ in true })
      do {
        try await body(port)
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  static func connect(port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
      }
  }

  /// Sends bytes and reads what comes until the listener closes the connection.
  static func exchange(port: Int, _ text: String) async throws -> String {
    try await Self.connect(port: port).executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      var answer = ""
      do {
        for try await bytes in inbound { answer += String(buffer: bytes) }
      } catch is IOError {
        // Reset: also an end.
      }
      return answer
    }
  }
}
