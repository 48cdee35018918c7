import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// One of the cloud's two listeners.
struct Listener: Service {
  private let application: Application<CloudResponder>
  private let address: String
  private let isBound: Flag

  /// - Parameters:
  ///   - tls: With what may spoil it on purpose; nil for plain HTTP.
  ///   - connectionCount: Open connections; more wait to be accepted.
  ///   - onBound: Called with the port before the first request is served.
  init(
    responder: CloudResponder, host: String, port: Int, tls: (TLSConfiguration, FaultInjector)?,
    connectionCount: Int, limits: ConnectionLimits, logger: Logger,
    onBound: @escaping @Sendable (Int) async -> Void
  ) {
    let isBound = Flag()
    self.isBound = isBound
    // The server's own notes are for debugging; what is served is logged by the responder.
    var serverLogger = logger
    if serverLogger.logLevel == .info { serverLogger.logLevel = .notice }
    self.address = "\(host):\(port)"
    self.application = Application(
      responder: responder,
      server: Self.server(tls: tls, limits: limits),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: .maximum(connectionCount, logger: serverLogger)),
      onServerRunning: { channel in
        isBound.set()
        await onBound(channel.localAddress?.port ?? port)
      },
      logger: serverLogger)
  }

  /// - Throws: `CloudServerError.listen` when it cannot be bound.
  func run() async throws {
    do {
      try await self.application.run()
    } catch  where !self.isBound.value && !(error is CancellationError) {
      throw CloudServerError(
        .listen, attempted: "listen on \(self.address)", detail: Self.description(of: error))
    }
  }

  private static func server(
    tls: (TLSConfiguration, FaultInjector)?, limits: ConnectionLimits
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      let http = HTTP1Channel(
        responder: responder,
        configuration: .init(
          additionalChannelHandlers: [ConnectionGuard(limits: limits)],
          idleTimeout: limits.idle,
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: limits.headerByteCount, maxHeaderListSize: limits.headerByteCount,
            maxHeaderFieldCount: 100)))
      guard let tls else { return PeerAwareChannel(base: http) }
      return PeerAwareChannel(
        base: try FaultableTLSChannel(http, configuration: tls.0, faults: tls.1))
    }
  }

  private static func description(of error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case is SocketAddressError.UnknownHost: "there is no such host"
    default: "\(error)"
    }
  }
}

/// Set once, by whoever gets there.
final class Flag: Sendable {
  private let state = Atomic(false)
  var value: Bool { self.state.load(ordering: .acquiring) }
  func set() { self.state.store(true, ordering: .releasing) }
}
