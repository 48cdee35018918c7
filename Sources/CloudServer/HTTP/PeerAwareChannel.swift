import DeviceProtocol
import HTTPTypes
import HummingbirdCore
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A listener's connections: runs everything of a connection with `PeerConnection.current` set.
struct PeerAwareChannel<Base: ServerChildChannel>: ServerChildChannel {
  let base: Base

  struct Value: ServerChildChannelValue {
    let base: Base.Value
    let closeWatches: CloseWatches
    var channel: any Channel { self.base.channel }
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    self.base.setup(channel: channel, logger: logger).flatMapThrowing { value in
      let pipeline = channel.pipeline.syncOperations
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      let closeWatches = CloseWatches()
      try pipeline.addHandlers(
        RequestHeadCheck(), PeerDeparture(closeWatches), position: .after(decoder))
      return Value(base: value, closeWatches: closeWatches)
    }
  }

  func handle(value: Value, logger: Logger) async {
    // On the connection's own thread: a hop to the pool's threads and back costs more than an answer.
    await withTaskExecutorPreference(EventLoopTasks(value.channel.eventLoop)) {
      let connection = PeerConnection(channel: value.channel, closeWatches: value.closeWatches)
      await PeerConnection.$current.withValue(connection) {
        await self.base.handle(value: value.base, logger: logger)
      }
    }
  }
}

/// Sees that the peer closes its side of the connection. Hummingbird leaves the other side open then, so
/// that the connection is not closed before somebody writes to it.
private final class PeerDeparture: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let closeWatches: CloseWatches

  init(_ closeWatches: CloseWatches) { self.closeWatches = closeWatches }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed { self.closeWatches.peerHasGone() }
    context.fireUserInboundEventTriggered(event)
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
/// It closes one whose request does not end in time, or whose peer does not read; answers 431 to a
/// header over the limit (RFC 6585 §5); and gives the server's bare 400 to what is not HTTP the
/// body and the headers of every refusal.
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
    self.refuse(
      .requestHeaderFieldsTooLarge, "the header of the request is over the limit",
      context: context, promise: nil)
    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    context.close(promise: nil)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // Every 400 of a handler has a body.
    guard case .head(let head) = self.unwrapOutboundIn(data), head.status == .badRequest,
      head.headerFields[.contentType] == nil
    else { return context.write(data, promise: promise) }
    self.refuse(
      .badRequest, "the request is not well-formed HTTP/1.1", context: context, promise: promise)
  }

  /// Writes all of the answer but its end. The connection is to be closed.
  private func refuse(
    _ status: HTTPResponse.Status, _ description: String, context: ChannelHandlerContext,
    promise: EventLoopPromise<Void>?
  ) {
    let body = JSONValue(members: [
      ("error", .init(text: "invalid_request")), ("error_description", .init(text: description)),
    ]).bytes
    var headers: HTTPFields = [
      .connection: "close", .contentType: "application/json", .contentLength: "\(body.count)",
    ]
    CloudResponder.addSecurityHeaders(to: &headers)
    let head = HTTPResponsePart.head(.init(status: status, headerFields: headers))
    context.write(self.wrapOutboundOut(head), promise: nil)
    context.write(self.wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: promise)
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
