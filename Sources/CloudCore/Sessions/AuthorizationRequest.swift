/// The query of `/oauth/authorize` as it came; absent parameters are nil.
package struct AuthorizationParameters: Sendable {
  package let responseType: String?
  package let clientID: String?
  package let redirectURI: String?
  package let state: String?
  package let codeChallenge: String?
  package let codeChallengeMethod: String?
  /// `dpop_jkt` (RFC 9449 §10).
  package let dpopKey: String?

  package init(
    responseType: String?, clientID: String?, redirectURI: String?, state: String?,
    codeChallenge: String?, codeChallengeMethod: String?, dpopKey: String? = nil
  ) {
    self.responseType = responseType
    self.clientID = clientID
    self.redirectURI = redirectURI
    self.state = state
    self.codeChallenge = codeChallenge
    self.codeChallengeMethod = codeChallengeMethod
    self.dpopKey = dpopKey
  }
}

/// A request that may be shown to the owner. Only `validate` makes one.
package struct AuthorizationRequest: Equatable, Sendable {
  package let clientID: String
  package let redirectURI: String
  package let state: String?
  /// Of PKCE, S256.
  package let codeChallenge: String
  /// The code is only for whoever holds the key with this thumbprint (RFC 9449 §10).
  package let dpopKey: Bytes32?
}

package enum AuthorizationVerdict: Equatable, Sendable {
  case valid(AuthorizationRequest)
  /// The client or its redirect URI is not known: the browser must not be sent there.
  case refuseWithoutRedirect(description: String)
  case redirectWithError(redirectURI: String, error: String, description: String, state: String?)
}
