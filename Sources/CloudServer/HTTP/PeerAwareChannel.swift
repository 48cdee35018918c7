import HTTPTypes
import HummingbirdCore
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A listener's connections: runs everything of a connection with `PeerConnection.current` set.
struct PeerAwareChannel<Base: ServerChildChannel>: ServerChildChannel {
  let base: Base

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    self.base.setup(channel: channel, logger: logger)
  }

  func handle(value: Base.Value, logger: Logger) async {
    // On the connection's own thread: a hop to the pool's threads and back costs more than an answer.
    await withTaskExecutorPreference(EventLoopTasks(value.channel.eventLoop)) {
      await PeerConnection.$current.withValue(PeerConnection(channel: value.channel)) {
        await self.base.handle(value: value, logger: logger)
      }
    }
  }
}

/// What a connection may take: time and header bytes.
package struct ConnectionLimits: Sendable {
  /// From its opening, or its last answer, to the end of the next request's header.
  package var idle: TimeAmount = .seconds(60)
  /// From the end of a request's header to the end of its body.
  package var requestBody: TimeAmount = .seconds(30)
  /// How long a peer may leave unread what was sent to it.
  package var write: TimeAmount = .seconds(10)
  /// All header fields of a request together.
  package var headerByteCount = 16 * 1_024

  package init() {}
}

/// Holds a connection to its limits, beside the idle time-out of Hummingbird's own.
///
/// It closes one whose request does not end in time, or whose peer does not read; and answers 431
/// to a header over the limit (RFC 6585 §5).
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limits: ConnectionLimits
  private var bodyDeadline: Scheduled<Void>?
  private var writeDeadline: Scheduled<Void>?

  init(limits: ConnectionLimits) { self.limits = limits }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch self.unwrapInboundIn(data) {
    case .head:
      self.bodyDeadline?.cancel()
      self.bodyDeadline = Self.close(context, in: self.limits.requestBody)
    case .body:
      break
    case .end:
      self.bodyDeadline?.cancel()
      self.bodyDeadline = nil
    }
    context.fireChannelRead(data)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      self.writeDeadline?.cancel()
      self.writeDeadline = nil
    } else if self.writeDeadline == nil {
      self.writeDeadline = Self.close(context, in: self.limits.write)
    }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard case HTTPParserError.headerOverflow = error else {
      context.fireErrorCaught(error)
      return
    }
    let head = HTTPResponsePart.head(
      .init(
        status: .requestHeaderFieldsTooLarge,
        headerFields: [.connection: "close", .contentLength: "0"]))
    context.write(self.wrapOutboundOut(head), promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.bodyDeadline?.cancel()
    self.writeDeadline?.cancel()
  }

  private static func close(
    _ context: ChannelHandlerContext, in time: TimeAmount
  ) -> Scheduled<Void> {
    context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
  }
}
