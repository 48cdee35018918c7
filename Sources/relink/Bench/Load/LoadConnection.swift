import NIOCore
import Scenarios

/// What a connection of the load asks, one request after the other.
protocol RequestSource: Sendable {
  /// The first request, whole, as it goes over the wire (HTTP/1.1, keep-alive).
  func first() throws -> ByteBuffer
  /// The request after this answer.
  func next(after body: ByteBufferView) throws -> ByteBuffer
  /// The token that the next request would present; nil if it presents none of an answer's.
  func token(after body: ByteBufferView) throws -> String?
}

/// One keep-alive connection: sends a request, reads its answer, notes how long it took, goes on.
///
/// It reads HTTP only as far as a benchmark's peers speak it: a status, a `Content-Length`, a body.
/// So the load costs little beside what it measures, and the same for each peer.
final class LoadConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let source: any RequestSource
  private let deadline: NIODeadline
  /// Whether an answer other than 200 is a result, not a failure of the measurement.
  private let toleratesRefusals: Bool
  private let finished: EventLoopPromise<LoadResult>
  private var received = ByteBuffer()
  private var sentAt = NIODeadline.now()
  private var lastRequest = ByteBuffer()
  private var result = LoadResult()
  private var isFinished = false

  init(
    source: any RequestSource, until deadline: NIODeadline, toleratesRefusals: Bool,
    finished: EventLoopPromise<LoadResult>
  ) {
    self.source = source
    self.deadline = deadline
    self.toleratesRefusals = toleratesRefusals
    self.finished = finished
  }

  func channelActive(context: ChannelHandlerContext) {
    self.proceed(context) { try self.source.first() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = self.unwrapInboundIn(data)
    self.received.writeBuffer(&bytes)
    do {
      guard let answer = try HTTPAnswer(reading: &self.received) else { return }
      let now = NIODeadline.now()
      self.result.statuses[answer.status, default: 0] += 1
      if self.toleratesRefusals, answer.status >= 500, now < self.deadline {
        // It waits on, and asks again: an error is no answer.
        return self.repeatRequest(context)
      }
      self.result.microseconds.append(
        UInt32(clamping: (now - self.sentAt).nanoseconds / 1_000))
      guard answer.status == 200 else {
        guard self.toleratesRefusals else {
          throw LabError(.unexpectedAnswer, "a request of the load was answered \(answer.status)")
        }
        return self.finish(context, .success(self.result))
      }
      self.result.lastAcceptedSentAt = max(self.result.lastAcceptedSentAt, self.sentAt)
      if now >= self.deadline {
        if let token = try self.source.token(after: answer.body) {
          self.result.tokens.append(token)
        }
        return self.finish(context, .success(self.result))
      }
      self.proceed(context) { try self.source.next(after: answer.body) }
    } catch {
      self.finish(context, .failure(error))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    self.finish(context, .failure(error))
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.finish(context, .failure(LabError(.ended, "a connection of the load was closed")))
  }

  private func proceed(_ context: ChannelHandlerContext, request: () throws -> ByteBuffer) {
    do {
      let request = try request()
      self.lastRequest = request
      self.sentAt = .now()
      context.writeAndFlush(self.wrapOutboundOut(request), promise: nil)
    } catch {
      self.finish(context, .failure(error))
    }
  }

  private func repeatRequest(_ context: ChannelHandlerContext) {
    let request = self.wrapOutboundOut(self.lastRequest)
    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(50)) {
      context.writeAndFlush(request, promise: nil)
    }
  }

  private func finish(_ context: ChannelHandlerContext, _ result: Result<LoadResult, any Error>) {
    guard !self.isFinished else { return }
    self.isFinished = true
    self.finished.completeWith(result)
    context.close(promise: nil)
  }
}

/// What was measured on one connection, or on all of them.
struct LoadResult: Sendable {
  /// From the request's last byte to the answer's, of each.
  var microseconds: [UInt32] = []
  var statuses: [Int: Int] = [:]
  /// When the last request was sent that was answered 200.
  var lastAcceptedSentAt = NIODeadline.uptimeNanoseconds(0)

  /// What the connections would have presented next.
  var tokens: [String] = []

  mutating func add(_ other: LoadResult) {
    self.tokens += other.tokens
    self.microseconds += other.microseconds
    self.statuses.merge(other.statuses, uniquingKeysWith: +)
    self.lastAcceptedSentAt = max(self.lastAcceptedSentAt, other.lastAcceptedSentAt)
  }

  /// In milliseconds; zero of none.
  func percentile(_ percent: Double) -> Double {
    guard !self.microseconds.isEmpty else { return 0 }
    let sorted = self.microseconds.sorted()
    let index = Int((Double(sorted.count) * percent / 100).rounded(.up)) - 1
    return Double(sorted[max(0, min(index, sorted.count - 1))]) / 1_000
  }
}

/// An answer of which all has arrived.
private struct HTTPAnswer {
  let status: Int
  let body: ByteBufferView

  /// Takes an answer out of what was received; nil while some of it is to come.
  init?(reading buffer: inout ByteBuffer) throws {
    let view = buffer.readableBytesView
    guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
    var lines = head.split(separator: "\r\n")
    let statusLine = lines.removeFirst().split(separator: " ")
    guard statusLine.count > 1, let status = Int(statusLine[1]),
      let length = lines.lazy.compactMap(Self.contentLength).first
    else {
      throw LabError(.unexpectedAnswer, "an answer to the load has no status or no Content-Length")
    }
    guard view.endIndex - end.upperBound >= length else { return nil }
    self.status = status
    self.body = view[end.upperBound..<end.upperBound + length]
    buffer.moveReaderIndex(forwardBy: end.upperBound - view.startIndex + length)
    if buffer.readableBytes == 0 { buffer.clear() }
  }

  private static func contentLength(_ line: Substring) -> Int? {
    let parts = line.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "content-length" else { return nil }
    return Int(parts[1].trimmingPrefix(while: { $0 == " " }))
  }
}
