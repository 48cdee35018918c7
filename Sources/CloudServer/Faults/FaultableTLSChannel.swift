import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// A listener's TLS, which presents the wrong certificate to the connections that a fault strikes.
struct FaultableTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
  private let base: Base
  private let context: NIOSSLContext
  private let faults: FaultInjector

  init(_ base: Base, configuration: TLSConfiguration, faults: FaultInjector) throws {
    self.base = base
    self.context = try NIOSSLContext(configuration: configuration)
    self.faults = faults
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      if self.faults.strikesConnections {
        try pipeline.addHandler(self.serverNameHandler(of: channel))
      } else {
        try pipeline.addHandler(NIOSSLServerHandler(context: self.context))
      }
    }.flatMap {
      self.base.setup(channel: channel, logger: logger)
    }
  }

  func handle(value: Base.Value, logger: Logger) async {
    await self.base.handle(value: value, logger: logger)
  }

  /// Waits for the name that the peer asks for, then hands over to the right TLS or the wrong one.
  private func serverNameHandler(of channel: any Channel) -> ByteToMessageHandler<SNIHandler> {
    let (context, faults) = (self.context, self.faults)
    return ByteToMessageHandler(
      SNIHandler { result in
        let name: String? =
          switch result {
          case .hostname(let name): name
          case .fallback: nil
          }
        let address = channel.remoteAddress?.ipAddress ?? "unknown"
        let wrong = faults.context(address: address, serverName: name)
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          let handler = try pipeline.handler(type: ByteToMessageHandler<SNIHandler>.self)
          try pipeline.addHandler(
            NIOSSLServerHandler(context: wrong ?? context), position: .after(handler))
        }
      })
  }
}
