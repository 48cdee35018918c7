import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import Testing

@testable import CloudServer

/// The limits of a connection, in a time that the test makes pass.
@Suite struct ConnectionGuardTests {
  private let channel: EmbeddedChannel
  private let limits: ConnectionLimits

  init() throws {
    var limits = ConnectionLimits()
    limits.requestBody = .seconds(30)
    limits.write = .seconds(10)
    self.limits = limits
    self.channel = EmbeddedChannel()
    try self.channel.pipeline.syncOperations.addHandler(ConnectionGuard(limits: limits))
    try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
  }

  private static let head = HTTPRequestPart.head(
    HTTPRequest(method: .post, scheme: "https", authority: "localhost", path: "/"))

  @Test func `a body that does not end in time closes the connection`() throws {
    try self.channel.writeInbound(Self.head)
    self.channel.embeddedEventLoop.advanceTime(by: .seconds(29))
    try self.channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "a")))
    #expect(self.channel.isActive)
    self.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!self.channel.isActive)
  }

  @Test func `a request that ended may take its time`() throws {
    try self.channel.writeInbound(Self.head)
    try self.channel.writeInbound(HTTPRequestPart.end(nil))
    self.channel.embeddedEventLoop.advanceTime(by: .hours(1))
    #expect(self.channel.isActive)
    _ = try self.channel.finish()
  }

  @Test func `a peer that does not read is cut, and one that reads in time is not`() throws {
    self.setWritable(false)
    self.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    self.setWritable(true)
    self.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    #expect(self.channel.isActive)
    self.setWritable(false)
    self.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
    #expect(!self.channel.isActive)
  }

  @Test func `a header over the limit is a 431, then the connection is closed`() throws {
    self.channel.pipeline.fireErrorCaught(HTTPParserError.headerOverflow)
    guard case .head(let head)? = try self.channel.readOutbound(as: HTTPResponsePart.self) else {
      Issue.record("no head")
      return
    }
    #expect(head.status.code == 431)
    #expect(!self.channel.isActive)
  }

  private func setWritable(_ isWritable: Bool) {
    self.channel.isWritable = isWritable
    self.channel.pipeline.fireChannelWritabilityChanged()
  }
}
