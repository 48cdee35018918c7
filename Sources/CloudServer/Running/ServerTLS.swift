package import DeviceProtocol
package import Logging
import NIOCore
package import NIOSSL

/// The public listener's TLS: 1.3 only, with a client certificate for whoever has one.
///
/// A certificate that a client presents must be signed by the makers' CA, else the handshake fails;
/// presenting none is allowed. A session that is resumed keeps the certificate of the handshake
/// that it resumes.
package struct ServerTLS: Sendable {
  package let configuration: TLSConfiguration

  /// PEM text, and where it came from, for errors.
  package struct Source: Sendable {
    package let name: String
    package let pem: [UInt8]

    package init(name: String, pem: [UInt8]) {
      self.name = name
      self.pem = pem
    }
  }

  /// - Parameters:
  ///   - certificate: The server's certificate, followed by those between it and its CA.
  ///   - deviceAuthority: The makers' CA certificates. Nil: client certificates are not asked for,
  ///     so that no device can pair.
  /// - Throws: `CloudServerError.badCertificate` that names the source: not PEM, or a key of
  ///   another certificate. A certificate that is not in force is only warned about, for a test may
  ///   want one.
  package init(
    certificate: Source, key: Source, deviceAuthority: Source?, now: UnixMilliseconds,
    logger: Logger
  ) throws(CloudServerError) {
    let chain = try Self.certificates(certificate, role: "certificate")
    let privateKey: NIOSSLPrivateKey
    do {
      privateKey = try NIOSSLPrivateKey(bytes: key.pem, format: .pem)
    } catch {
      throw CloudServerError(
        .badCertificate, attempted: "read the key \(key.name)",
        detail: "it is no private key in PEM without a passphrase")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv13
    // An idle client may not answer the cloud's goodbye; a shutdown does not wait long for it.
    configuration.shutdownTimeout = .milliseconds(250)
    if let deviceAuthority {
      let authorities = try Self.certificates(deviceAuthority, role: "device CA")
      configuration.trustRoots = .certificates(authorities)
      configuration.certificateVerification = .optionalVerification
      // So that a browser does not offer its user's certificates, which no maker has signed.
      configuration.sendCANameList = true
    }
    do {
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw CloudServerError(
        .badCertificate, attempted: "use the certificate \(certificate.name)",
        detail: "\(key.name) is not its key, or TLS refuses the pair")
    }
    self.configuration = configuration

    let seconds = Int64(clamping: now.value / 1_000)
    if let first = chain.first,
      seconds < Int64(first.notValidBefore) || seconds > Int64(first.notValidAfter)
    {
      logger.warning(
        "the certificate is not in force now: clients will refuse it",
        metadata: ["certificate": "\(certificate.name)"])
    }
  }

  private static func certificates(
    _ source: Source, role: String
  ) throws(CloudServerError) -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(source.pem)
      if !certificates.isEmpty { return certificates }
    } catch {
      // The layer below only says that it failed.
    }
    throw CloudServerError(
      .badCertificate, attempted: "read the \(role) \(source.name)",
      detail: "it holds no certificate in PEM")
  }
}
