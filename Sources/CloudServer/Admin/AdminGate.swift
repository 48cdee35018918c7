package import CloudCore
import Crypto
import DeviceProtocol
import HTTPTypes
import Hummingbird

/// Whoever presented the admin token. Only `AdminGate` makes one.
struct Operator: Sendable {
  fileprivate init() {}
}

/// Lets operators in, and nobody whom a web page sent.
package struct AdminGate: Sendable {
  /// Of the token's text: equal lengths, so that comparing tells nothing.
  private let tokenHash: SHA256Digest

  package init(token: AdminToken) {
    self.tokenHash = SHA256.hash(data: Array(token.secret.text.utf8))
  }

  /// - Throws: `HTTPFailure`: a `Host` that is not this machine's loopback, no token, another's.
  func check(_ request: Request) throws(HTTPFailure) -> Operator {
    try self.checkName(of: request)
    guard let presented = request.bearerToken else { throw .noCredentials }
    // Digests compare in constant time.
    guard SHA256.hash(data: Array(presented.text.utf8)) == self.tokenHash else {
      throw .tokenRefused(.tokenUnknown)
    }
    return Operator()
  }

  /// - Throws: `HTTPFailure.forbiddenHost` unless the `Host` is this machine's loopback.
  func checkName(of request: Request) throws(HTTPFailure) {
    // A page whose name was rebound to a loopback address still sends its own name.
    guard let authority = request.head.authority, Self.isLoopback(authority: authority) else {
      throw .forbiddenHost
    }
  }

  /// With or without a port.
  static func isLoopback(authority: String) -> Bool {
    let host: Substring
    if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
      host = authority[...end]
    } else {
      host = authority.prefix { $0 != ":" }
    }
    let rest = authority.dropFirst(host.count)
    guard rest.isEmpty || (rest.hasPrefix(":") && UInt16(rest.dropFirst()) != nil) else {
      return false
    }
    return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
  }
}

/// The token of the admin listener, prefix `rlkadm`.
package struct AdminToken: Sendable {
  package let secret: Secret

  /// A new one, of 32 random bytes.
  package init(random: inout some RandomNumberGenerator) {
    let text = TokenText(prefix: .admin, payload: randomBytes(32, from: &random)).bytes
    self.secret = Secret(String(decoding: text, as: UTF8.self))
  }

  /// - Parameter known: One that was found to be of that shape.
  init(known: Secret) { self.secret = known }

  /// Nil unless the text is one that `init(random:)` could have made.
  package init?(text: String) {
    guard let token = try? TokenText(parsing: Array(text.utf8)), token.prefix == .admin,
      token.payload.count == 32
    else { return nil }
    self.secret = Secret(text)
  }
}
