package import DeviceProtocol

/// A caller whose access token was checked. Only `Cloud.authenticate` makes one, so a handler that
/// takes it cannot run without the check.
package struct Authenticated: Equatable, Sendable {
  package let kind: ClientKind
  package let account: AccountID
  /// Of a device's token; nil for an app's.
  package let device: DeviceID?
  package let session: SessionID
  package let generation: UInt64
  package let issuedAt: UnixMilliseconds
  package let expiresAt: UnixMilliseconds
  /// What the token was minted under.
  package let epochs: EpochReading
  /// See `AccessScope`.
  package let accessMark: UInt64
  /// Of its session.
  package fileprivate(set) var clientID: String?
  /// Whether the token came with a DPoP proof.
  package let isDPoP: Bool

  fileprivate init(_ claims: AccessTokenClaims) {
    self.kind = claims.kind
    self.account = claims.account
    self.device = claims.device
    self.session = claims.session
    self.generation = claims.generation
    self.issuedAt = claims.issuedAt
    self.expiresAt = claims.expiresAt
    self.epochs = claims.epochs
    self.accessMark = claims.accessMark
    self.isDPoP = claims.binding.isDPoP
  }

  /// How far ahead of the present clock a token's issue may lie.
  private static let toleranceSeconds: UInt32 = 300

  /// Whether the token's life is over. One from the future too: the clock has jumped back, and
  /// would let it live for longer than it was meant to.
  package func isExpired(at now: UnixMilliseconds) -> Bool {
    if isPlanted(.accessExpiryUnchecked) { return false }
    return now >= self.expiresAt || now.adding(seconds: Self.toleranceSeconds) < self.issuedAt
  }

  var epochSubject: EpochSubject {
    EpochSubject(
      kind: self.kind, account: self.account, device: self.device, session: self.session)
  }
}

/// What an access token says, once its MAC was found to be right. That depends on the token and the
/// keys alone: whoever meets the same token often may keep it, and checks all the rest each time.
///
/// An object, since it is handed on with each grant and takes some hundred bytes.
package final class ReadAccessToken: Equatable, Sendable {
  let claims: AccessTokenClaims

  /// - Parameter claims: Of a token that was found to be right, or is made of them.
  init(_ claims: AccessTokenClaims) { self.claims = claims }

  /// Whose it is, dead or alive.
  package var presented: PresentedToken {
    PresentedToken(
      session: self.claims.session, kind: self.claims.kind, account: self.claims.account,
      device: self.claims.device, generation: self.claims.generation)
  }

  package static func == (left: ReadAccessToken, right: ReadAccessToken) -> Bool {
    left.claims == right.claims
  }
}

extension Cloud {
  /// Of an opaque token; nil unless these keys made it.
  package func read(_ accessToken: Secret) -> ReadAccessToken? {
    AccessTokenClaims(unsealing: accessToken, with: self.configuration.keys)
      .map { ReadAccessToken($0) }
  }

  /// Of a token of either format; nil unless this cloud made it.
  package func read(
    _ accessToken: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> ReadAccessToken? {
    try self.claims(of: accessToken, in: reader, at: now).map { ReadAccessToken($0) }
  }

  /// Checks an access token: its MAC or signature, what it is bound to, its epochs, its session
  /// and its life. What writes checks again that the token is alive, in its own transaction.
  ///
  /// - Parameters:
  ///   - certificateThumbprint: SHA-256 of the peer's verified certificate, if it showed one.
  ///   - dpopKey: Thumbprint of the key of a verified DPoP proof, with which the token must have
  ///     come by the scheme `DPoP`; nil if it came as a bearer token.
  ///   - kinds: Who may call. The others get `wrongKind`.
  package func authenticate(
    _ accessToken: Secret, certificateThumbprint: Bytes32?, dpopKey: Bytes32? = nil,
    requiring kinds: Set<ClientKind>, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> AuthenticationOutcome {
    try self.authenticate(
      self.claims(of: accessToken, in: reader, at: now).map { ReadAccessToken($0) },
      certificateThumbprint: certificateThumbprint, dpopKey: dpopKey, requiring: kinds,
      in: reader, at: now)
  }

  /// As `authenticate(_:certificateThumbprint:dpopKey:requiring:in:at:)`, of a token that was read before;
  /// nil for one that these keys did not make.
  package func authenticate(
    _ accessToken: ReadAccessToken?, certificateThumbprint: Bytes32?, dpopKey: Bytes32? = nil,
    requiring kinds: Set<ClientKind>, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> AuthenticationOutcome {
    guard let claims = accessToken?.claims else { return .refused(.tokenUnknown) }
    if let refusal = TokenBinding.refusal(
      of: claims.binding, certificateThumbprint: certificateThumbprint, dpopKey: dpopKey)
    {
      return .refused(refusal)
    }
    var caller = Authenticated(claims)
    let session = try reader.state(of: caller.session)
    caller.clientID = session?.clientID
    if let refusal = try self.refusal(of: caller, session, in: reader) {
      if case .loggedOut = refusal, Self.isPlantedToForgetLogouts(onRoutesOf: kinds) {
        return .accepted(caller)
      }
      return .refused(refusal)
    }
    if caller.isExpired(at: now) { return .refused(.expired) }
    guard kinds.contains(caller.kind) else { return .wrongKind(caller) }
    return (session?.confirmedGeneration ?? 0) < caller.generation
      ? .acceptedFirstUse(caller) : .accepted(caller)
  }

  /// Whether a caller who was accepted earlier, such as an open stream, would be now.
  ///
  /// - Returns: Nil if so, else why not; a logout or an ended session before the mere end of its
  ///   life.
  package func refusal(
    of caller: Authenticated, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenRefusal? {
    if isPlanted(.openStreamUnchecked) { return nil }
    return try self.refusalWhateverTheTime(of: caller, in: reader)
      ?? (caller.isExpired(at: now) ? .expired : nil)
  }

  /// As `refusal(of:in:at:)`, for a request that was accepted while its token had not expired.
  func refusalWhateverTheTime(
    of caller: Authenticated, in reader: any StoreReader
  ) throws -> TokenRefusal? {
    try self.refusal(of: caller, reader.state(of: caller.session), in: reader)
  }

  /// The claims of an access token that a resource would take now from whoever holds what it is
  /// bound to; nil for one that is dead. This tells about a token and lets nobody in.
  func liveClaims(
    of accessToken: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> AccessTokenClaims? {
    guard let (claims, refusal) = try self.judged(accessToken, in: reader, at: now) else {
      return nil
    }
    return refusal == nil ? claims : nil
  }

  /// What an access token says, and why it is refused, if it is; nil for one that these keys did not
  /// make.
  func judged(
    _ accessToken: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> (AccessTokenClaims, TokenRefusal?)? {
    guard let claims = try self.claims(of: accessToken, in: reader, at: now) else { return nil }
    let holder = Authenticated(claims)
    let refusal = try self.refusal(of: holder, reader.state(of: holder.session), in: reader)
    return (claims, refusal ?? (holder.isExpired(at: now) ? .expired : nil))
  }

  /// - Parameter session: The caller's, if there is one.
  private func refusal(
    of caller: Authenticated, _ session: SessionState?, in reader: any StoreReader
  ) throws -> TokenRefusal? {
    if let refusal = try reader.logoutRefusal(
      of: caller.epochs, mintedAt: caller.issuedAt, for: caller.epochSubject),
      !refusal.isPlantedToSpare(mintedAt: caller.issuedAt)
    {
      return refusal
    }
    guard let session else { return .tokenUnknown }
    guard session.end == nil || session.end == .spent else { return .sessionEnded }
    if let device = caller.device, try reader.owner(of: device) != caller.account,
      !isPlanted(.removedDeviceStaysLive)
    {
      return .sessionEnded
    }
    // Made by these keys, yet not by this database: it was restored from an older copy.
    guard caller.generation <= session.generation else { return .tokenUnknown }
    // An operator let it expire before its time.
    guard caller.accessMark == session.accessMark else { return .expired }
    return nil
  }

  /// Notes that the client holds this generation, so that its predecessor is no longer needed.
  ///
  /// - Returns: Nil, or why not: the token has died since it was checked.
  package func confirm(
    _ caller: Authenticated, in transaction: any StoreTransaction
  ) throws -> TokenRefusal? {
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) { return refusal }
    if var session = try transaction.session(caller.session),
      session.confirmedGeneration < caller.generation, !isPlanted(.useNotConfirmed)
    {
      session.confirmedGeneration = caller.generation
      try transaction.save(session)
    }
    return nil
  }
}
