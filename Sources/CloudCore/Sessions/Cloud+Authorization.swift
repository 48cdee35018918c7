package import DeviceProtocol

extension Cloud {
  /// Checks the query of an authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3).
  package func validate(_ parameters: AuthorizationParameters) -> AuthorizationVerdict {
    guard let clientID = parameters.clientID, let client = self.client(clientID) else {
      return .refuseWithoutRedirect(description: "The client_id is not known.")
    }
    guard let redirectURI = parameters.redirectURI,
      client.redirectURIs.contains(where: { RedirectURI.matches(redirectURI, registered: $0) })
    else {
      return .refuseWithoutRedirect(description: "The redirect_uri is not one of this client.")
    }
    func redirect(_ error: String, _ description: String) -> AuthorizationVerdict {
      .redirectWithError(
        redirectURI: redirectURI, error: error, description: description, state: parameters.state)
    }
    guard client.mayUse(.authorizationCode) else {
      return redirect("unauthorized_client", "This client may not use this grant.")
    }
    guard let responseType = parameters.responseType else {
      return redirect("invalid_request", "The response_type is missing.")
    }
    guard responseType == "code" else {
      return redirect("unsupported_response_type", "The response_type must be code.")
    }
    guard let challenge = parameters.codeChallenge, PKCE.isChallenge(challenge) else {
      return redirect("invalid_request", "The code_challenge must be a SHA-256 in base64url.")
    }
    guard parameters.codeChallengeMethod == "S256" else {
      return redirect("invalid_request", "The code_challenge_method must be S256.")
    }
    var dpopKey: Bytes32?
    if let text = parameters.dpopKey {
      dpopKey = Base64URL.decode(Array(text.utf8)).flatMap { Bytes32($0) }
      guard dpopKey != nil else {
        return redirect("invalid_request", "The dpop_jkt must be a SHA-256 in base64url.")
      }
    }
    return .valid(
      AuthorizationRequest(
        clientID: clientID, redirectURI: redirectURI, state: parameters.state,
        codeChallenge: challenge, dpopKey: dpopKey))
  }

  /// Makes the code that the owner's consent is worth: single use, 60 s.
  package func authorize(
    _ request: AuthorizationRequest, by owner: LoggedInOwner,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> Secret {
    try self.dropExpired(in: transaction, at: now)
    let bytes = randomBytes(32, from: &random)
    try transaction.save(
      AuthorizationCodeRecord(
        hash: TokenHash(of: bytes), account: owner.account.id,
        epochs: try transaction.epochs(
          for: .code(of: owner.account.id, kind: self.client(request.clientID)?.kind)),
        issuedAt: now,
        clientID: request.clientID, redirectURI: request.redirectURI,
        codeChallenge: request.codeChallenge, dpopKey: request.dpopKey,
        expiresAt: now.adding(seconds: self.configuration.authorizationCodeSeconds),
        usedFor: nil))
    return TokenPrefix.authorizationCode.token(of: bytes)
  }

  /// The authorization code grant (RFC 6749 §4.1.3).
  func exchangeCode(
    _ code: Secret, redirectURI: String, codeVerifier: Secret, client: OAuthClient,
    binding: TokenBinding?, dpopKey: Bytes32?, in transaction: any StoreTransaction,
    at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    func refused(_ description: String) -> TokenOutcome {
      .refused(GrantRefusal(.invalidGrant, description))
    }
    guard let bytes = TokenPrefix.authorizationCode.bytes(of: code),
      var record = try transaction.authorizationCode(hash: TokenHash(of: bytes)),
      record.clientID == client.id
    else { return refused("The code is not one of this client.") }
    if let session = record.usedFor {
      // One of the two who presented it stole it (RFC 6749 §4.1.2).
      return TokenOutcome(
        answer: .refused(
          GrantRefusal(.invalidGrant, "The code was used before; its session has been ended.")),
        events: try self.endSession(session, as: .revoked, by: .policy, in: transaction, at: now))
    }
    guard now < record.expiresAt else { return refused("The code has expired.") }
    guard record.redirectURI.utf8.elementsEqual(redirectURI.utf8) else {
      return refused("The redirect_uri is not that of the authorization request.")
    }
    guard PKCE.verify(codeVerifier, challenge: record.codeChallenge) else {
      return refused("The code_verifier does not match the code_challenge.")
    }
    if let key = record.dpopKey, key != dpopKey {
      return .refused(
        dpopKey == nil ? .noProof : .grant(.wrongKey, "The code is bound to another key."))
    }
    let refusal = try transaction.logoutRefusal(
      of: record.epochs, mintedAt: record.issuedAt,
      for: .code(of: record.account, kind: client.kind))
    if let refusal {
      return .refused(.loggedOut(refusal, "The account was logged out by the operator."))
    }
    let tokens = try self.openSession(
      client: client, account: record.account, device: nil, binding: binding, in: transaction,
      at: now, random: &random)
    record.usedFor = tokens.session
    try transaction.save(record)
    return .granted(tokens)
  }
}

extension EpochSubject {
  /// What logs out a code: it is never a device's, and belongs to no session yet.
  static func code(of account: AccountID, kind: ClientKind?) -> EpochSubject {
    EpochSubject(kind: kind ?? .app, account: account, device: nil, session: nil)
  }
}
