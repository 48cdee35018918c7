package import DeviceProtocol

extension Cloud {
  /// Answers a request at the token endpoint.
  ///
  /// - Parameters:
  ///   - certificate: Of the TLS peer, verified; nil when it showed none.
  ///   - secret: The client's own, if it sent one.
  ///   - dpopKey: Thumbprint of the key of a DPoP proof, verified; nil when there was none.
  ///   - address: Of the peer, for the session's history.
  package func token(
    _ request: TokenRequest, certificate: DeviceCertificate?, secret: Secret? = nil,
    dpopKey: Bytes32? = nil, from address: RemoteAddress = RemoteAddress("unknown"),
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    let outcome = try self.answer(
      request, certificate: certificate, secret: secret, dpopKey: dpopKey, in: transaction,
      at: now, random: &random)
    try self.note(
      outcome, of: request, from: .client(address, certificate: certificate?.thumbprint),
      in: transaction, at: now)
    return outcome
  }

  private func answer(
    _ request: TokenRequest, certificate: DeviceCertificate?, secret: Secret?, dpopKey: Bytes32?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> TokenOutcome {
    guard let client = self.client(request.clientID) else { return .refused(.unknownClient) }
    let refusal = client.refusal(
      secret: secret, certificate: certificate, requiringCertificate: request.isRefresh)
    if let refusal { return .refused(refusal) }
    guard client.mayUse(request.grant) else { return .refused(.wrongGrant) }
    switch request {
    case .authorizationCode(let code, let redirectURI, _, let codeVerifier):
      if let refusal = client.refusalToBind(certificate: certificate, dpopKey: dpopKey) {
        return .refused(refusal)
      }
      return try self.exchangeCode(
        code, redirectURI: redirectURI, codeVerifier: codeVerifier, client: client,
        binding: client.binding(certificate: certificate, dpopKey: dpopKey), dpopKey: dpopKey,
        in: transaction, at: now, random: &random)
    case .refreshToken(let token, _):
      return try self.refresh(
        token, client: client, certificate: certificate, dpopKey: dpopKey, in: transaction,
        at: now, random: &random)
    case .deviceCode(let code, _):
      if let refusal = client.refusalToBind(certificate: certificate, dpopKey: dpopKey) {
        return .refused(refusal)
      }
      return try self.exchangeDeviceCode(
        code, client: client,
        binding: client.binding(certificate: certificate, dpopKey: dpopKey), in: transaction,
        at: now, random: &random)
    case .pairing(let token, _, let model, let firmwareVersion):
      return try self.asDevice(client, certificate, dpopKey, in: transaction) {
        kind, certificate, binding in
        try self.pair(
          token, client: client, certificate: certificate, binding: binding, kind: kind,
          model: model,
          firmwareVersion: firmwareVersion, in: transaction, at: now, random: &random)
      }
    case .relink(_, let firmwareVersion):
      return try self.asDevice(client, certificate, dpopKey, in: transaction) {
        _, certificate, binding in
        try self.relink(
          client: client, certificate: certificate, binding: binding,
          firmwareVersion: firmwareVersion,
          in: transaction, at: now, random: &random)
      }
    }
  }

  /// Ends the session of an access or refresh token (RFC 7009). One of another client is refused
  /// (§2.1), alive or dead; one that is no token of this cloud, or whose session is forgotten, is done
  /// with (§2.2).
  package func revoke(
    _ token: Secret, clientID: String, certificate: DeviceCertificate?, secret: Secret? = nil,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> RevokeOutcome {
    guard let client = self.client(clientID) else { return .refused(.unknownClient) }
    if let refusal = client.refusal(secret: secret, certificate: certificate) {
      return .refused(refusal)
    }
    let id =
      try RefreshToken(parsing: token, keys: self.configuration.keys)?.session
      ?? self.claims(of: token, in: transaction, at: nil)?.session
    guard let id, let session = try transaction.session(id) else { return .done([]) }
    guard session.clientID == client.id, session.binding?.isHeld(over: certificate) != false else {
      return .refused(.tokenOfAnother)
    }
    return .done(try self.endSession(session.id, as: .revoked, in: transaction, at: now))
  }

  /// Authenticates a device by its certificate (RFC 8705 §2.1) and answers as the body does.
  private func asDevice(
    _ client: OAuthClient, _ certificate: DeviceCertificate?, _ dpopKey: Bytes32?,
    in reader: any StoreReader,
    _ body: (DeviceKind, DeviceCertificate, TokenBinding?) throws -> TokenOutcome
  ) throws -> TokenOutcome {
    guard let kind = client.kind.deviceKind else { return .refused(.wrongGrant) }
    guard let certificate else { return .refused(.noCertificate) }
    if let known = try reader.device(certificate.deviceID), known.kind != kind {
      return .refused(
        GrantRefusal(.invalidClient, "The certificate is that of a device of another kind."))
    }
    if let refusal = client.refusalToBind(certificate: certificate, dpopKey: dpopKey) {
      return .refused(refusal)
    }
    return try body(
      kind, certificate, client.binding(certificate: certificate, dpopKey: dpopKey))
  }
}

extension TokenRequest {
  package var grantName: GrantName {
    switch self {
    case .authorizationCode: .authorizationCode
    case .refreshToken: .refreshToken
    case .deviceCode: .deviceCode
    case .pairing: .pairing
    case .relink: .relink
    }
  }

  package var clientID: String {
    switch self {
    case .authorizationCode(_, _, let clientID, _), .refreshToken(_, let clientID),
      .deviceCode(_, let clientID), .pairing(_, let clientID, _, _), .relink(let clientID, _):
      clientID
    }
  }

  fileprivate var grant: GrantType {
    switch self {
    case .authorizationCode: .authorizationCode
    case .refreshToken: .refreshToken
    case .deviceCode: .deviceCode
    case .pairing: .pairing
    case .relink: .relink
    }
  }

  /// The other grants say themselves who may use them, and with what.
  fileprivate var isRefresh: Bool {
    if case .refreshToken = self { true } else { false }
  }
}

extension GrantRefusal {
  static let unknownClient = GrantRefusal(
    .invalidClient, "The client_id is not known.")
  /// RFC 6749 §5.2: "was issued to another client".
  fileprivate static let tokenOfAnother = grant(
    .tokenUnknown, "The token was issued to another client.")
  static let wrongGrant = GrantRefusal(
    .unauthorizedClient, "This client may not use this grant.")
}

extension ClientKind {
  /// Nil for what is no device.
  var deviceKind: DeviceKind? {
    switch self {
    case .camera: .camera
    case .scale: .scale
    case .app, .alexa, .google, .ifttt: nil
    }
  }
}
