import CloudServer
import DeviceHost
import DeviceProtocol
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// One connection of TLS, on which a request is written as bytes: what comes back, to the byte, and
/// how it ends.
struct RawExchange: Sendable {
  enum End: Equatable, Sendable {
    /// TLS said goodbye.
    case goodbye
    /// A FIN without it.
    case silence
    /// A RST.
    case reset
    case failed(String)
  }

  let bytes: [UInt8]
  let end: End
  let duration: Duration

  var text: String { String(decoding: self.bytes, as: UTF8.self) }

  /// - Parameter serverName: As which the cloud is asked; must not be an address.
  static func send(
    _ request: String, to cloud: RunningCloud, serverName: String? = nil
  ) async throws -> RawExchange {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(
      try NIOSSLCertificate.fromPEMBytes(cloud.development.serverAuthority))
    let context = try NIOSSLContext(configuration: tls)
    let started = ContinuousClock.now
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let done = loop.makePromise(of: (ByteBuffer, End).self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let tls = try NIOSSLClientHandler(context: context, serverHostname: serverName)
          try channel.pipeline.syncOperations.addHandlers([tls, Collector(done)])
        }
      }
      .connect(host: "127.0.0.1", port: cloud.listening.port).get()
    // It fails when the other side is faster; what counts is what comes back.
    try? await channel.writeAndFlush(ByteBuffer(string: request)).get()
    let (bytes, end) = try await done.futureResult.get()
    return RawExchange(
      bytes: Array(bytes.readableBytesView), end: end, duration: .now - started)
  }

  /// A refresh as the wire has it, after which the connection is closed.
  static func refresh(_ token: String, clientID: String) -> String {
    let body = FormEncoding.encode([
      FormField(name: Array("grant_type".utf8), value: Array("refresh_token".utf8)),
      FormField(name: Array("refresh_token".utf8), value: Array(token.utf8)),
      FormField(name: Array("client_id".utf8), value: Array(clientID.utf8)),
    ])
    return """
      POST /oauth/token HTTP/1.1\r
      Host: localhost\r
      Connection: close\r
      Content-Type: application/x-www-form-urlencoded\r
      Content-Length: \(body.count)\r
      \r
      \(String(decoding: body, as: UTF8.self))
      """
  }

  static let health = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let done: EventLoopPromise<(ByteBuffer, End)>
    private var bytes = ByteBuffer()
    private var end = End.goodbye

    init(_ done: EventLoopPromise<(ByteBuffer, End)>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      self.bytes.writeImmutableBuffer(self.unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // The first says why; others follow from it.
      if self.end == .goodbye {
        switch error {
        case NIOSSLError.uncleanShutdown: self.end = .silence
        case let error as IOError where error.errnoCode == ECONNRESET: self.end = .reset
        default: self.end = .failed("\(error)")
        }
      }
      context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
      self.done.succeed((self.bytes, self.end))
    }
  }
}
