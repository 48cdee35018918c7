import NIOCore
import NIOHTTP1

/// Refuses heads that other readers of the same bytes may read in another way, and has a connection of
/// HTTP/1.0 end as that has it. It stands where a head is still as it came.
final class RequestHeadCheck: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  /// What follows a refused head is not read.
  private var hasRefused = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !self.hasRefused else { return }
    guard case .head(var head) = self.unwrapInboundIn(data) else {
      return context.fireChannelRead(data)
    }
    guard Self.isClear(head) else {
      self.hasRefused = true
      // The server answers 400 and closes, after the answers before it.
      return context.fireErrorCaught(HTTPParserError.unknown)
    }
    if head.version == .http1_0, !head.isKeepAlive {
      head.headers.replaceOrAdd(name: "connection", value: "close")
    }
    context.fireChannelRead(self.wrapInboundOut(.head(head)))
  }

  /// RFC 9112 §3.2: one `Host`, without which only HTTP/1.0 goes. §6.1: no coding but `chunked`.
  private static func isClear(_ head: HTTPRequestHead) -> Bool {
    let isOld = head.version.major < 1 || head.version == .http1_0
    let hosts = head.headers["host"].count
    guard hosts == 1 || hosts == 0 && isOld else { return false }
    let codings = head.headers["transfer-encoding"]
    guard let coding = codings.first else { return true }
    return codings.count == 1 && coding.lowercased() == "chunked" && !isOld
  }
}
