import DeviceProtocol

/// What an access token looks like to whoever gets it.
package enum AccessTokenFormat: String, Equatable, Sendable, CaseIterable {
  /// Authenticated by a key of the cloud, which alone can read it.
  case opaque
  /// A signed JWT (RFC 9068), which others can check with the published keys. Only this cloud sees that
  /// it was revoked.
  case jwt
}

extension Cloud {
  /// The claims as the client's kind of token.
  func accessToken(
    _ claims: AccessTokenClaims, client: OAuthClient, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> Secret {
    guard client.accessTokenFormat == .jwt else {
      return claims.sealed(with: self.configuration.keys)
    }
    let (record, privateKey) = try self.signingKey(in: transaction, at: now, random: &random)
    var key = record
    // Rounded up: the key has to be published for as long as the token lives.
    let seconds = UInt32(
      clamping: (claims.expiresAt.milliseconds(since: claims.issuedAt) + 999) / 1_000)
    if key.longestTokenSeconds < seconds {
      key.longestTokenSeconds = seconds
      try transaction.save(key)
    }
    let text = JSONWebToken.text(
      header: .object([
        JSONMember("alg", .text(key.algorithm.rawValue)), JSONMember("kid", .text(key.id)),
        JSONMember("typ", .text("at+jwt")),
      ]),
      payload: claims.payload(issuer: self.configuration.issuer.url, clientID: client.id)
    ) {
      self.configuration.signer.signature(of: $0, by: key.algorithm, privateKey: privateKey)
    }
    guard let text else {
      throw StoreError(
        code: .failed, path: "", attempted: "sign an access token",
        detail: "the signer refused the key")
    }
    return Secret(text)
  }

  /// The claims of an access token of either format, if this cloud made it; whether they are still
  /// worth anything is another question.
  ///
  /// - Parameter now: A key is believed while it is published; nil takes one that no longer is.
  func claims(
    of accessToken: Secret, in reader: any StoreReader, at now: UnixMilliseconds?
  ) throws -> AccessTokenClaims? {
    if let claims = AccessTokenClaims(unsealing: accessToken, with: self.configuration.keys) {
      return claims
    }
    // Which key is looked up by what the token says, how it is used is not: one kind of token, and
    // one algorithm to a key (RFC 8725 §3.1, §3.11).
    guard let token = JSONWebToken(parsing: accessToken.text), token.hasAccessTokenType,
      token.header["crit"] == nil, let kid = token.header["kid"],
      let key = try self.signingKeys(in: reader, at: now ?? UnixMilliseconds(0)).first(where: {
        kid.isText($0.record.id)
      }),
      token.header["alg"]?.isText(key.record.algorithm.rawValue) == true,
      key.record.verifies(token.signature, of: token.signedBytes),
      let claims = AccessTokenClaims(
        payload: token.payload, issuer: self.configuration.issuer.url),
      // Once another key signs, this one has nothing to sign any more.
      key.signsUntil.map({ claims.issuedAt <= $0 }) ?? true
    else { return nil }
    return claims
  }
}

extension JSONWebToken {
  /// RFC 9068 §4.
  var hasAccessTokenType: Bool {
    guard let type = self.header["typ"]?.stringBytes else { return false }
    let text = String(decoding: type, as: UTF8.self).lowercased()
    return text == "at+jwt" || text == "application/at+jwt"
  }
}

/// | Claim | |
/// |---|---|
/// | `iss`, `aud` | this cloud, which is its own resource |
/// | `sub`, `client_id` | the account and the client |
/// | `iat`, `exp` | in seconds, rounded down |
/// | `jti`, `sid` | the token and its session |
/// | `cnf` | what it is bound to |
/// | `relink` | all that an opaque token carries, in base64url: what this cloud goes by |
extension AccessTokenClaims {
  fileprivate func payload(issuer: String, clientID: String) -> JSONValue {
    var members = [
      JSONMember("iss", .text(issuer)), JSONMember("aud", .text(issuer)),
      JSONMember("sub", .text(self.account.text)), JSONMember("client_id", .text(clientID)),
      JSONMember("iat", .integer(Int64(clamping: self.issuedAt.value / 1_000))),
      JSONMember("exp", .integer(Int64(clamping: self.expiresAt.value / 1_000))),
      JSONMember("jti", .text(self.id)), JSONMember("sid", .text(self.session.text)),
    ]
    switch self.binding {
    case nil: break
    case .certificate(let thumbprint):
      let member = JSONMember("x5t#S256", .text(base64URLText(thumbprint.bytes)))
      members.append(JSONMember("cnf", .object([member])))
    case .dpop(let key):
      let member = JSONMember("jkt", .text(base64URLText(key.bytes)))
      members.append(JSONMember("cnf", .object([member])))
    }
    members.append(JSONMember("relink", .text(base64URLText(self.bytes))))
    return .object(members)
  }

  /// Nil for another issuer or audience.
  fileprivate init?(payload: JSONValue, issuer: String) {
    guard payload["iss"]?.isText(issuer) == true, payload["aud"]?.isText(issuer) == true,
      let text = payload["relink"]?.stringBytes, let bytes = Base64URL.decode(text)
    else { return nil }
    self.init(bytes: bytes[...])
  }
}
