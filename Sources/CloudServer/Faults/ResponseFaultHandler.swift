import CloudCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Stands between HTTP and TLS for one response and lets its bytes through as a fault has it. It is
/// added when a fault strikes and leaves when the response is over.
final class ResponseFaultHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// More is not kept for a peer that is served slowly: its connection is closed.
  static let largestQueueByteCount = 4 << 20
  /// How often a slow response is written.
  private static let ticksPerSecond: UInt32 = 20

  private enum State {
    case flowing
    /// For the bandwidth or a delay.
    case waiting
    /// The connection is being ended; nothing more is written.
    case ending
    case over
  }

  private let fault: ResponseFault
  /// Succeeds when the handler is not in the pipeline any more, and no earlier: the next one comes
  /// then and must not find this one.
  let left: EventLoopPromise<Void>
  private var state = State.flowing
  private var queue = CircularBuffer<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)>()
  private var queuedByteCount = 0
  private var writtenByteCount: UInt64 = 0
  private var hasStruck = false
  private var isResponseComplete = false
  /// Of the responses behind this one, which the fault is not for.
  private var followers: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  /// Whether it waits for the bandwidth's sake alone.
  private var isPacing = false
  private var outputClose: EventLoopPromise<Void>??
  private var scheduled: Scheduled<Void>?

  init(_ fault: ResponseFault, left: EventLoopPromise<Void>) {
    self.fault = fault
    self.left = left
  }

  // MARK: What is written

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard self.state != .ending else {
      // To the server it is sent, as it is when a network loses it: a failure would have it close
      // the connection in a way of its own.
      promise?.succeed()
      return
    }
    let bytes = self.unwrapOutboundIn(data)
    self.queuedByteCount += bytes.readableBytes
    if self.isResponseComplete {
      self.followers.append((bytes, promise))
    } else {
      self.queue.append((bytes, promise))
    }
    if self.queuedByteCount > Self.largestQueueByteCount {
      context.close(mode: .all, promise: nil)
    }
  }

  func flush(context: ChannelHandlerContext) {
    self.pump(context)
  }

  /// The whole response has been written to this handler.
  func responseCompleted(_ context: ChannelHandlerContext) {
    self.isResponseComplete = true
    if self.state == .waiting, self.isPacing, self.queue.isEmpty {
      // Its last byte has gone.
      self.scheduled?.cancel()
      self.state = .flowing
    }
    self.pump(context)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    switch (self.state, mode) {
    case (.waiting, .output) where !self.queue.isEmpty || !self.followers.isEmpty:
      self.outputClose = promise
    case (.ending, .output):
      promise?.succeed()
    case (.ending, .all):
      context.channel.closeFuture.cascade(to: promise)
      self.end(context.channel)
    default:
      context.close(mode: mode, promise: promise)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.scheduled?.cancel()
    for item in self.queue { item.promise?.fail(ChannelError.ioOnClosedChannel) }
    for item in self.followers { item.promise?.fail(ChannelError.ioOnClosedChannel) }
    self.queue.removeAll()
    self.followers.removeAll()
    self.finish()
    self.left.succeed()
  }

  // MARK: How it goes on

  private func pump(_ context: ChannelHandlerContext) {
    while self.state == .flowing {
      if !self.hasStruck, self.fault.afterByteCount == self.writtenByteCount {
        self.hasStruck = true
        self.strike(context)
        continue
      }
      guard !self.queue.isEmpty else { break }
      let written = self.writeSome(context)
      if self.isResponseComplete, self.queue.isEmpty { continue }
      if let rate = self.fault.bytesPerSecond {
        self.wait(context, for: .nanoseconds(Int64(written) * 1_000_000_000 / Int64(rate)))
        self.isPacing = true
      }
    }
    context.flush()
    guard self.state == .flowing, self.queue.isEmpty else { return }
    if self.isResponseComplete {
      self.leave(context)
    } else {
      self.closeOutputIfAsked(context)
    }
  }

  private func closeOutputIfAsked(_ context: ChannelHandlerContext) {
    guard let promise = self.outputClose else { return }
    self.outputClose = nil
    context.close(mode: .output, promise: promise)
  }

  /// Writes the beginning of the queue, as much as may go at once.
  ///
  /// - Returns: How many bytes that was.
  private func writeSome(_ context: ChannelHandlerContext) -> Int {
    var allowed = self.fault.bytesPerSecond.map { Int(max($0 / Self.ticksPerSecond, 1)) } ?? .max
    if !self.hasStruck, let limit = self.fault.afterByteCount {
      allowed = min(allowed, Int(clamping: limit - self.writtenByteCount))
    }
    var (bytes, promise) = self.queue[self.queue.startIndex]
    let count = min(allowed, bytes.readableBytes)
    guard let slice = bytes.readSlice(length: count) else { return 0 }
    self.queuedByteCount -= count
    self.writtenByteCount += UInt64(count)
    if bytes.readableBytes == 0 {
      self.queue.removeFirst()
      context.write(self.wrapOutboundOut(slice), promise: promise)
    } else {
      self.queue[self.queue.startIndex] = (bytes, promise)
      context.write(self.wrapOutboundOut(slice), promise: nil)
    }
    return count
  }

  /// Exactly the bytes that may go have gone.
  private func strike(_ context: ChannelHandlerContext) {
    let delay = TimeAmount.milliseconds(Int64(self.fault.delayMilliseconds))
    guard self.fault.end != nil else {
      self.wait(context, for: delay)
      return
    }
    self.state = .ending
    for item in self.queue { item.promise?.succeed() }
    for item in self.followers { item.promise?.succeed() }
    self.queue.removeAll()
    self.followers.removeAll()
    // An empty write is done when all before it has reached the socket, which the end would discard.
    let isOut = context.eventLoop.makePromise(of: Void.self)
    context.writeAndFlush(
      self.wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)), promise: isOut)
    let channel = context.channel
    isOut.futureResult.assumeIsolated().whenComplete { _ in
      guard delay > .zero else { return self.end(channel) }
      self.scheduled = channel.eventLoop.assumeIsolated().scheduleTask(in: delay) {
        self.end(channel)
      }
    }
  }

  /// Ends the connection as ordered, once.
  private func end(_ channel: any Channel) {
    guard self.state == .ending, let end = self.fault.end else { return }
    self.finish()
    _ = channel.end(by: end)
  }

  private func wait(_ context: ChannelHandlerContext, for time: TimeAmount) {
    self.state = .waiting
    self.isPacing = false
    context.flush()
    self.scheduled = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
      guard self.state == .waiting else { return }
      self.state = .flowing
      self.pump(context)
    }
  }

  private func leave(_ context: ChannelHandlerContext) {
    self.finish()
    for item in self.followers {
      context.write(self.wrapOutboundOut(item.bytes), promise: item.promise)
    }
    self.followers.removeAll()
    context.flush()
    self.closeOutputIfAsked(context)
    if self.fault.closesAtEnd { context.close(mode: .all, promise: nil) }
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Reports once.
  private func finish() {
    guard self.state != .over else { return }
    self.state = .over
    let isMissed = self.fault.afterByteCount != nil && !self.hasStruck
    self.fault.report(
      isMissed
        ? .missed(responseByteCount: self.writtenByteCount)
        : .struck(responseByteCount: self.writtenByteCount))
  }
}

/// Tells a `ResponseFaultHandler` when the response has been written, which its bytes do not.
final class ResponseEndHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let faultHandler: ResponseFaultHandler

  init(_ faultHandler: ResponseFaultHandler) { self.faultHandler = faultHandler }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let isEnd = if case .end = self.unwrapOutboundIn(data) { true } else { false }
    context.write(data, promise: promise)
    guard isEnd else { return }
    let pipeline = context.pipeline.syncOperations
    if let faultContext = try? pipeline.context(handler: self.faultHandler) {
      self.faultHandler.responseCompleted(faultContext)
    }
    pipeline.removeHandler(self, promise: nil)
  }
}
