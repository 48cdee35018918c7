import CloudCore
package import Logging
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The mock cloud: a public listener over TLS and an admin listener on loopback, until it is shut
/// down. Then open streams are closed, and what is being asked is answered.
package struct CloudServer: Service {
  /// Where a running cloud is found.
  package struct Listening: Equatable, Sendable {
    package let port: Int
    package let adminPort: Int
    package let issuer: String
    package let adminTokenPath: String
  }

  private let options: CloudServerOptions
  private let logger: Logger
  private let onListening: @Sendable (Listening) async -> Void

  /// - Parameter onListening: Called once, when both listeners take connections.
  package init(
    options: CloudServerOptions, logger: Logger,
    onListening: @escaping @Sendable (Listening) async -> Void
  ) {
    self.options = options
    self.logger = logger
    self.onListening = onListening
  }

  /// Runs until the task is shut down gracefully or cancelled.
  ///
  /// - Throws: `CloudServerError` when the cloud does not start.
  package func run() async throws {
    try Self.checkLoopback(self.options.adminHost, for: "open the admin listener")
    if self.options.tls == nil {
      try Self.checkLoopback(self.options.host, for: "serve plain HTTP")
    }
    let metrics = CloudMetrics()
    let folder = try DataFolder(
      self.options.storage, onCommit: metrics.store.record, logger: self.logger)
    let passwords = PasswordWorkers()
    do {
      try await self.serve(folder, passwords: passwords, metrics: metrics)
    } catch {
      try? await passwords.shutDown()
      try? await folder.close()
      throw error
    }
    try await passwords.shutDown()
    try await folder.close()
  }

  private static func checkLoopback(
    _ host: String, for purpose: String
  ) throws(CloudServerError) {
    guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
      throw CloudServerError(
        .badOption, attempted: "\(purpose) on \(host)", detail: "it must be a loopback address")
    }
  }

  private func serve(
    _ folder: DataFolder, passwords: PasswordWorkers, metrics: CloudMetrics
  ) async throws {
    let issuer = Issuer()
    let service = CloudService(
      cloud: Cloud(
        configuration: self.options.configuration(
          keys: folder.keys, issuer: issuer, resourceServer: folder.resourceServer,
          signInKeys: folder.signInKeys)),
      store: folder.store, passwords: passwords, clock: self.options.clock,
      bodyByteCount: self.options.bodyByteCount, firmware: self.options.firmware,
      requestJournalCount: self.options.requestJournalCount,
      passwordList: self.options.passwordList, dpop: self.options.dpop,
      isContinuing: folder.isContinuing,
      wrongCertificates: self.options.wrongCertificates, metrics: metrics, logger: self.logger)
    try await service.resumeClock()
    if folder.isContinuing { service.journal.drop(until: service.clock.now) }
    try await service.prepareSigningKeys()
    let ports = BoundPorts { [options, logger, onListening] port, adminPort in
      logger.info("listening", metadata: ["port": "\(port)", "admin_port": "\(adminPort)"])
      await onListening(
        Listening(
          port: port, adminPort: adminPort, issuer: options.issuer(port: port),
          adminTokenPath: folder.adminTokenPath))
    }
    // It ends when the issuer is known, which signs the events.
    let (issuerKnown, issuerKnownEnd) = AsyncStream.makeStream(of: Void.self)
    let descriptorLimit = DescriptorLimit.raise()
    let connectionCount = DescriptorLimit.connectionCount(
      self.options.connectionCount, limit: descriptorLimit)
    if connectionCount < self.options.connectionCount {
      self.logger.debug(
        "the limit of open files leaves room for fewer connections",
        metadata: [
          "limit": "\(descriptorLimit)", "connections": "\(connectionCount)",
          "wanted": "\(self.options.connectionCount)",
        ])
    }
    let publicListener = Listener(
      responder: service.publicResponder(), host: self.options.host, port: self.options.port,
      tls: self.options.tls.map { ($0.configuration, service.faults) },
      connectionCount: connectionCount,
      limits: self.options.connectionLimits, logger: self.logger
    ) { [options] port in
      issuer.set(options.issuer(port: port))
      issuerKnownEnd.finish()
      await ports.bound(publicPort: port)
    }
    let adminListener = Listener(
      responder: service.adminResponder(gate: AdminGate(token: folder.adminToken)),
      host: self.options.adminHost, port: self.options.adminPort, tls: nil, connectionCount: 100,
      limits: self.options.connectionLimits, logger: self.logger
    ) { port in
      await ports.bound(adminPort: port)
    }
    // Shut down from the last to the first: streams end before the listeners wait for their
    // connections. When one listener cannot be bound the other ends in the same way, without a
    // complaint of its own.
    let services: [(any Service, String)] = [
      (publicListener, "public listener"), (adminListener, "admin listener"),
      (service.streams, "event streams"),
      (try self.deliveries(for: service, after: issuerKnown), "deliveries to receivers"),
    ]
    var configuration = ServiceGroupConfiguration(
      services: services.map { service, name in
        .init(
          service: service, failureTerminationBehavior: .gracefullyShutdownGroup,
          serviceName: name)
      }, logger: self.logger)
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
  }
}

extension CloudServer {
  private func deliveries(
    for service: CloudService, after start: AsyncStream<Void>
  ) throws(CloudServerError) -> ReceiverDeliveries {
    var trustRoots: [NIOSSLCertificate] = []
    if let pem = self.options.receiverAuthority {
      do {
        trustRoots = try NIOSSLCertificate.fromPEMBytes(pem)
      } catch {
        throw CloudServerError(
          .badCertificate, attempted: "read the authority of receivers",
          detail: "it has no certificate in PEM")
      }
    }
    return ReceiverDeliveries(
      service: service, policy: self.options.delivery, trustRoots: trustRoots, start: start)
  }
}

/// Calls back when both listeners are bound, in whichever order.
private actor BoundPorts {
  private var publicPort: Int?
  private var adminPort: Int?
  private let onBoth: @Sendable (Int, Int) async -> Void

  init(onBoth: @escaping @Sendable (_ port: Int, _ adminPort: Int) async -> Void) {
    self.onBoth = onBoth
  }

  func bound(publicPort: Int) async {
    self.publicPort = publicPort
    await self.callBack()
  }

  func bound(adminPort: Int) async {
    self.adminPort = adminPort
    await self.callBack()
  }

  private func callBack() async {
    if let publicPort, let adminPort { await self.onBoth(publicPort, adminPort) }
  }
}
