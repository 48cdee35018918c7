import CloudCore
import Glibc
import NIOCore
import NIOSSL

extension PeerConnection {
  /// Has the next response of this connection go as the fault says. Returns when that is so; at once
  /// where there is no socket.
  func arm(_ fault: ResponseFault) async {
    guard let channel = self.channel else {
      fault.report(.missed(responseByteCount: nil))
      return
    }
    let armed = channel.eventLoop.flatSubmit { Self.arm(fault, on: channel) }
    do {
      try await armed.get()
    } catch {
      // The peer has gone, so that there is nothing to add it to.
      fault.report(.missed(responseByteCount: 0))
    }
  }

  private static func arm(_ fault: ResponseFault, on channel: any Channel) -> EventLoopFuture<Void>
  {
    let pipeline = channel.pipeline.syncOperations
    guard channel.isActive, let above = try? pipeline.handler(type: ConnectionGuard.self) else {
      return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
    }
    // The response before may still be going out, slowly.
    if let handler = try? pipeline.handler(type: ResponseFaultHandler.self) {
      return handler.left.futureResult.flatMap { Self.arm(fault, on: channel) }
    }
    let left = channel.eventLoop.makePromise(of: Void.self)
    let handler = ResponseFaultHandler(fault, left: left)
    do {
      if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
        try pipeline.addHandler(handler, position: .after(tls))
      } else {
        try pipeline.addHandler(handler, position: .first)
      }
      try pipeline.addHandler(ResponseEndHandler(handler), position: .after(above))
      return channel.eventLoop.makeSucceededVoidFuture()
    } catch {
      // What was added takes the promise along when it goes.
      if (try? pipeline.context(handler: handler)) == nil { left.succeed() }
      return channel.eventLoop.makeFailedFuture(error)
    }
  }

  /// Ends the connection. Returns when it is closed.
  func end(by end: ConnectionEnd) async {
    guard let channel = self.channel else { return }
    // It fails only when the connection is closed already.
    try? await channel.eventLoop.flatSubmit { channel.end(by: end) }.get()
  }
}

extension Channel {
  /// On the event loop.
  func end(by end: ConnectionEnd) -> EventLoopFuture<Void> {
    switch end {
    case .goodbye:
      return self.close(mode: .all)
    case .silence:
      return self.closePastTLS()
    case .reset:
      guard let options = self as? any SocketOptionProvider else { return self.closePastTLS() }
      // With this a close(2) sends RST (socket(7)).
      return options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { self.closePastTLS() }
    }
  }

  /// As a peer that dies: TLS does not say goodbye, and what was not sent is not sent.
  func closePastTLS() -> EventLoopFuture<Void> {
    let promise = self.eventLoop.makePromise(of: Void.self)
    let pipeline = self.pipeline.syncOperations
    if let context = try? pipeline.context(handlerType: NIOSSLServerHandler.self) {
      // From here outwards, so past TLS.
      context.close(mode: .all, promise: promise)
    } else {
      self.close(mode: .all, promise: promise)
    }
    return promise.futureResult
  }
}
