import NIOCore
import NIOPosix
import NIOSSL
import Scenarios

/// A load of one request after the other on each of many keep-alive connections.
struct Load: Sendable {
  let host: String
  let port: Int
  /// Nil for plain HTTP.
  let tls: NIOSSLContext?
  let duration: TimeAmount
  /// Whether a connection that is refused ends as it should; else the load fails. One that is
  /// answered 5xx asks again, and goes on waiting.
  var toleratesRefusals = false

  /// Runs one connection for each source, all on one thread.
  ///
  /// - Returns: What all of them measured, and how long it took in seconds.
  /// - Throws: What went wrong on the first connection on which something did.
  func run(_ sources: [any RequestSource]) async throws -> (result: LoadResult, seconds: Double) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let started = NIODeadline.now()
    do {
      let all = try await withThrowingTaskGroup(of: LoadResult.self) { tasks in
        for source in sources {
          tasks.addTask {
            try await self.connection(source, on: group.next(), until: started + self.duration)
          }
        }
        return try await tasks.reduce(into: LoadResult()) {
          $0.add($1)
        }
      }
      let seconds = Double((NIODeadline.now() - started).nanoseconds) / 1e9
      try await group.shutdownGracefully()
      return (all, seconds)
    } catch {
      try await group.shutdownGracefully()
      throw error
    }
  }

  private func connection(
    _ source: any RequestSource, on eventLoop: any EventLoop, until deadline: NIODeadline
  ) async throws -> LoadResult {
    let finished = eventLoop.makePromise(of: LoadResult.self)
    do {
      _ = try await ClientBootstrap(group: eventLoop)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
              try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
            }
            try pipeline.addHandler(
              LoadConnection(
                source: source, until: deadline, toleratesRefusals: self.toleratesRefusals,
                finished: finished))
          }
        }
        .connect(host: self.host, port: self.port).get()
    } catch {
      finished.fail(error)
    }
    return try await finished.futureResult.get()
  }
}

/// The same request again and again.
struct SameRequest: RequestSource {
  let bytes: ByteBuffer
  func first() -> ByteBuffer { self.bytes }
  func next(after body: ByteBufferView) -> ByteBuffer { self.bytes }
  func token(after body: ByteBufferView) -> String? { nil }
}

/// Refreshes with the token that the answer before gave (RFC 6749 §6).
struct Rotations: RequestSource {
  let host: String
  let path: String
  /// The form without its token: `grant_type=refresh_token&client_id=…`.
  let form: String
  let token: String

  func first() -> ByteBuffer { self.request(self.token[...].utf8) }

  func next(after body: ByteBufferView) throws -> ByteBuffer {
    self.request(try self.successor(in: body))
  }

  func token(after body: ByteBufferView) throws -> String? {
    String(decoding: try self.successor(in: body), as: UTF8.self)
  }

  private func successor(in body: ByteBufferView) throws -> ByteBufferView {
    let name = Array("\"refresh_token\"".utf8)
    guard let key = body.firstRange(of: name),
      let opening = body[key.upperBound...].firstIndex(of: UInt8(ascii: "\"")),
      let closing = body[(opening + 1)...].firstIndex(of: UInt8(ascii: "\""))
    else { throw LabError(.unexpectedAnswer, "an answer to a refresh has no refresh_token") }
    return body[(opening + 1)..<closing]
  }

  private func request(_ token: some Collection<UInt8>) -> ByteBuffer {
    let prefix = "\(self.form)&refresh_token="
    var buffer = ByteBuffer()
    buffer.writeString(
      """
      POST \(self.path) HTTP/1.1\r
      Host: \(self.host)\r
      Content-Type: application/x-www-form-urlencoded\r
      Content-Length: \(prefix.utf8.count + token.count)\r
      \r
      \(prefix)
      """)
    buffer.writeBytes(token)
    return buffer
  }
}
