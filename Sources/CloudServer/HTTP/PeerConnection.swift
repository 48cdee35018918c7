package import CloudCore
import Crypto
package import Hummingbird
package import NIOCore
import NIOSSL
import ServiceLifecycle
import Synchronization

/// The connection that a request came on: who the peer is by TLS, and the means to cut it.
package final class PeerConnection: Sendable {
  /// Set around everything that runs for a connection, so that its requests find what was learned
  /// about it. A test without sockets sets it to a peer of its choice.
  @TaskLocal package static var current: PeerConnection?

  package let remoteAddress: RemoteAddress
  /// Nil of a peer without a socket.
  let channel: (any Channel)?
  let closeWatches: CloseWatches
  private let certificate: Mutex<Certificate>

  private enum Certificate {
    /// Not asked for yet; the handshake may still be under way.
    case unread
    /// Nil when the peer showed none.
    case read(DeviceCertificate?)
  }

  package convenience init(channel: any Channel) {
    self.init(channel: channel, closeWatches: CloseWatches())
  }

  /// - Parameter closeWatches: Of a `PeerDeparture` in the channel's pipeline.
  init(channel: any Channel, closeWatches: CloseWatches) {
    self.remoteAddress = RemoteAddress(channel.remoteAddress?.ipAddress ?? "unknown")
    self.channel = channel
    self.certificate = Mutex(.unread)
    self.closeWatches = closeWatches
    channel.closeFuture.whenComplete { _ in closeWatches.peerHasGone() }
  }

  /// A peer without a socket.
  package init(deviceCertificate: DeviceCertificate?, remoteAddress: RemoteAddress) {
    self.remoteAddress = remoteAddress
    self.channel = nil
    self.closeWatches = CloseWatches()
    self.certificate = Mutex(.read(deviceCertificate))
  }

  /// The device's certificate, which TLS has verified. Nil when the peer showed none, or one of the
  /// makers' CA whose subject names no device.
  ///
  /// A resumed connection yields the certificate of the handshake that it resumes.
  func deviceCertificate() async throws -> DeviceCertificate? {
    if case .read(let certificate) = self.certificate.withLock({ $0 }) { return certificate }
    let certificate = try await self.readCertificate()
    self.certificate.withLock { $0 = .read(certificate) }
    return certificate
  }

  private func readCertificate() async throws -> DeviceCertificate? {
    guard let channel = self.channel else { return nil }
    return try await channel.eventLoop.submit {
      let pipeline = channel.pipeline.syncOperations
      // A listener without TLS has no such handler.
      guard let handler = try? pipeline.handler(type: NIOSSLServerHandler.self),
        let certificate = handler.peerCertificate
      else { return nil }
      return try DeviceCertificate(verified: certificate)
    }.get()
  }

  /// Closes the connection abruptly, as a failing network does: what was not sent is not sent, and
  /// TLS does not say goodbye. Returns when it is closed.
  func abort() async { await self.end(by: .silence) }

  /// Runs the body as long as somebody waits at the other end and the cloud is not shut down, and away
  /// from the connection's event loop. A body that is cancelled and returns all the same is answered.
  ///
  /// - Throws: `ConnectionIsClosed` when the body was cancelled for that; what the body throws.
  func whileOpen<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await body() }
    // What stays would keep the task's result.
    let watch = self.closeWatches.add { task.cancel() }
    defer { self.closeWatches.remove(watch) }
    do {
      return try await withTaskCancellationOrGracefulShutdownHandler {
        try await task.value
      } onCancelOrGracefulShutdown: {
        task.cancel()
      }
    } catch is CancellationError {
      guard self.closeWatches.isClosed else { throw CancellationError() }
      // Also for a peer that has only stopped to send.
      await self.end(by: .goodbye)
      throw ConnectionIsClosed()
    }
  }

  /// Waits, within the same limits.
  func wait(for time: Duration) async throws {
    guard time > .zero else { return }
    try await self.whileOpen { try await Task.sleep(for: time) }
  }
}

/// Nobody is there for an answer.
struct ConnectionIsClosed: Error {}

extension DeviceCertificate {
  /// Nil when the subject names no device.
  fileprivate init?(verified certificate: NIOSSLCertificate) throws {
    let bytes = try certificate.toDERBytes()
    guard let subject = CertificateSubject(derEncodedCertificate: bytes),
      let commonName = subject.commonName, let serialNumber = subject.serialNumber
    else { return nil }
    self.init(
      commonName: commonName, serialNumber: serialNumber,
      thumbprint: Array(SHA256.hash(data: bytes)))
  }
}

/// What a handler knows beside the request.
package struct CloudRequestContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  package let connection: PeerConnection
  /// Shared by all copies of this: what is learned of the request.
  package let note = RequestNote()
  package let strike = StruckFault()

  package init(source: ApplicationRequestContextSource) {
    self.coreContext = CoreRequestContextStorage(source: source)
    self.connection = PeerConnection.current ?? PeerConnection(channel: source.channel)
  }
}
