import Crypto
import DeviceProtocol

/// How a client shows at the token and revocation endpoints that it is itself.
package enum ClientAuthentication: Equatable, Sendable {
  /// Not at all: a public client (RFC 6749 §2.1).
  case none
  /// By the certificate of a device (RFC 8705 §2.1).
  case certificate
  /// By a secret (RFC 6749 §2.3.1).
  case secret(ClientSecretHash)

  package static func usual(for kind: ClientKind) -> ClientAuthentication {
    kind.deviceKind == nil ? .none : .certificate
  }
}

/// What is kept of a client's secret: its SHA-256. Secrets are long and random, so that nobody
/// guesses one from it; a password's slow hash would let strangers keep the cloud busy.
package struct ClientSecretHash: Equatable, Sendable, Redacted {
  private let digest: Bytes32

  package init(of secret: Secret) {
    self.digest = Bytes32(SHA256.hash(data: Array(secret.text.utf8)))
  }

  /// - Parameter hexadecimal: Of 32 bytes; nil for anything else.
  package init?(hexadecimal: String) {
    guard let digest = Hexadecimal.decode(Array(hexadecimal.utf8)).flatMap({ Bytes32($0) }) else {
      return nil
    }
    self.digest = digest
  }

  /// Takes as long wherever they differ.
  func matches(_ secret: Secret) -> Bool {
    let difference = Self(of: secret).digest.withUnsafeBytes { presented in
      self.digest.withUnsafeBytes { known in
        zip(presented, known).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) }
      }
    }
    return difference == 0
  }
}

extension OAuthClient {
  /// Why the client is not believed to be itself; nil if it is. Whether a certificate is that of the
  /// token's device is another question.
  ///
  /// - Parameters:
  ///   - secret: That came with the request.
  ///   - certificate: Of the TLS peer, verified. Only devices have to show one.
  func refusal(
    secret: Secret?, certificate: DeviceCertificate?, requiringCertificate: Bool = true
  ) -> GrantRefusal? {
    switch self.authentication {
    case .secret(let hash):
      guard let secret else { return .secretMissing }
      return hash.matches(secret) ? nil : .secretWrong
    case .none:
      return secret == nil ? nil : .secretUnexpected
    case .certificate:
      // Nothing to compare it with: who sends one believes to be another client.
      guard secret == nil else { return .secretUnexpected }
      return certificate == nil && requiringCertificate ? .noCertificate : nil
    }
  }
}

extension GrantRefusal {
  static let noCertificate = GrantRefusal(
    .invalidClient, "This client needs the device's certificate.")
  fileprivate static let secretMissing = GrantRefusal(
    .invalidClient, "This client has to authenticate with its secret.")
  fileprivate static let secretWrong = GrantRefusal(
    .invalidClient, "The client's secret is not the right one.")
  fileprivate static let secretUnexpected = GrantRefusal(
    .invalidClient, "This client has no secret; it must not send one.")
  /// Of a request whose credentials can't be read at all.
  package static let malformedCredentials = GrantRefusal(
    .invalidClient, "The Authorization must be Basic, of client_id and client_secret.")
}
