import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

extension CloudService {
  /// The public listener (`docs/protocol.md`, "Endpoints of the public listener").
  package func publicResponder() -> CloudResponder {
    self.publicRoutes().responder(
      logger: self.logger,
      faults: RequestFaults(
        injector: self.faults, identify: self.identifyForFaults,
        describe: self.describeForJournal),
      journal: self.journal, clock: self.clock.read, metrics: self.metrics.publicHTTP)
  }

  func publicRoutes() -> PublicRoutes {
    var routes = PublicRoutes(check: self.caller) { route in
      switch route {
      case .health: { _, _ in try .json(HealthBody()) }
      case .metadata: { _, _ in try .json(MetadataBody(issuer: self.issuer.url)) }
      case .register: self.register
      case .authorizationForm: self.showAuthorizationForm
      case .authorizationDecision: self.decideAuthorization
      case .token: self.token
      case .revoke: self.revoke
      case .introspect: self.introspect
      case .jwks: self.showKeys
      case .deviceAuthorization: self.beginDeviceAuthorization
      case .devicePage: self.showDevicePage
      case .deviceDecision: self.decideDevice
      }
    }
    let anybody = Set(ClientKind.allCases)
    routes.add(.get, "/v1/session", for: anybody, as: .showSession, handler: self.showSession)
    routes.add(.get, "/v1/events", for: anybody, as: .events, handler: self.events)

    routes.add(.get, "/v1/account", for: [.app], as: .showAccount, handler: self.showAccount)
    routes.add(
      .post, "/v1/account/password", for: [.app], as: .changePassword,
      handler: self.changePassword)
    routes.add(
      .post, "/v1/account/totp", for: [.app], as: .enrolSecondFactor,
      handler: self.enrolSecondFactor)
    routes.add(
      .post, "/v1/account/totp/confirm", for: [.app], as: .confirmSecondFactor,
      handler: self.confirmSecondFactor)
    routes.add(
      .post, "/v1/account/totp/disable", for: [.app], as: .disableSecondFactor,
      handler: self.disableSecondFactor)
    routes.add(
      .post, "/v1/account/recovery-codes", for: [.app], as: .renewRecoveryCodes,
      handler: self.renewRecoveryCodes)
    routes.add(.get, "/v1/sessions", for: [.app], as: .listOwnSessions, handler: self.listSessions)
    routes.add(
      .delete, "/v1/sessions/{id}", for: [.app], as: .revokeSession, handler: self.revokeSession)

    routes.add(
      .post, "/v1/pairing-tokens", for: [.app], as: .createPairingToken,
      handler: self.createPairingToken)
    routes.add(.get, "/v1/devices", for: [.app], as: .listDevices, handler: self.listDevices)
    routes.add(.get, "/v1/devices/{id}", for: [.app], as: .showDevice, handler: self.showDevice)
    routes.add(
      .delete, "/v1/devices/{id}", for: [.app], as: .removeDevice, handler: self.removeDevice)
    routes.add(
      .get, "/v1/devices/{id}/motions", for: [.app], as: .listMotions, handler: self.listMotions)
    routes.add(
      .get, "/v1/devices/{id}/measurements", for: [.app], as: .listMeasurements,
      handler: self.listMeasurements)

    let devices: Set<ClientKind> = [.camera, .scale]
    routes.add(.post, "/v1/device/heartbeat", for: devices, as: .heartbeat, handler: self.heartbeat)
    routes.add(
      .post, "/v1/device/motions", for: [.camera], as: .recordMotions, handler: self.recordMotions)
    routes.add(
      .post, "/v1/device/measurements", for: [.scale], as: .recordMeasurements,
      handler: self.recordMeasurements)
    routes.add(.delete, "/v1/device/binding", for: devices, as: .unbind, handler: self.unbind)
    return routes
  }

  /// `GET /v1/session`
  @Sendable func showSession(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    try await self.readBriefly(as: caller) { _, _, _ in }
    return try .json(SessionBody(caller))
  }

  /// Finds who calls by the access token, which comes as a bearer token (RFC 6750 §2.1), over a
  /// connection with the device's certificate if it is bound to that, or with a DPoP proof (RFC 9449
  /// §7.1).
  ///
  /// - Throws: `HTTPFailure`: without credentials, refused, or of a kind that may not.
  private func caller(
    of request: Request, context: CloudRequestContext, kinds: Set<ClientKind>
  ) async throws -> Authenticated {
    guard let (scheme, token) = request.presentedToken else { throw HTTPFailure.noCredentials }
    let isDPoP = scheme == .dpop
    let dpopKey: Bytes32?
    do throws(ProofRefusal) {
      dpopKey = isDPoP ? try self.proof(of: request, for: token).keyThumbprint : nil
    } catch {
      try await self.note(token, kind: .access, in: context.note)
      throw HTTPFailure.proofRefused(error, isAtResource: true)
    }
    let thumbprint = try await context.connection.deviceCertificate()?.thumbprint
    let (presented, outcome, client) = try await self.readBriefly { cloud, reader, now in
      let read = try cloud.read(token, in: reader, at: now)
      let outcome = try cloud.authenticate(
        read, certificateThumbprint: thumbprint, dpopKey: dpopKey, requiring: kinds, in: reader,
        at: now)
      // Whoever is let in brings it along.
      guard case .refused = outcome, let session = read?.presented.session else {
        return (read?.presented, outcome, nil as String?)
      }
      return (read?.presented, outcome, try reader.session(session)?.clientID)
    }
    if let presented { context.note.add(presented) }
    context.note.add { $0.add(outcome, client: client) }
    switch outcome {
    case .accepted(let caller):
      return caller
    case .acceptedFirstUse(let caller):
      let refusal = try await self.write { cloud, transaction, _ in
        try cloud.confirm(caller, in: transaction)
      }
      if let refusal { throw HTTPFailure.tokenRefused(refusal, isDPoP: isDPoP) }
      return caller
    case .wrongKind:
      let names = kinds.map(\.rawValue).sorted().joined(separator: " or ")
      throw HTTPFailure.insufficientScope("only for a client of kind \(names)", isDPoP: isDPoP)
    case .refused(let refusal):
      throw HTTPFailure.tokenRefused(refusal, isDPoP: isDPoP)
    }
  }
}

extension Request {
  enum TokenScheme: String {
    case bearer, dpop
  }

  /// What `Authorization` presents; nil for another scheme or none.
  var presentedToken: (scheme: TokenScheme, token: Secret)? {
    guard let value = self.headers[.authorization] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let scheme = TokenScheme(rawValue: parts[0].lowercased()) else {
      return nil
    }
    return (scheme, Secret(String(parts[1])))
  }

  /// What `Authorization: Bearer` presents; nil for another scheme or none.
  var bearerToken: Secret? {
    guard let (scheme, token) = self.presentedToken, scheme == .bearer else { return nil }
    return token
  }
}

extension RequestNote.Facts {
  /// - Parameter client: Of a token that is refused.
  fileprivate mutating func add(_ outcome: AuthenticationOutcome, client: String?) {
    switch outcome {
    case .accepted(let caller), .acceptedFirstUse(let caller), .wrongKind(let caller):
      self.client = caller.clientID
      self.isTokenDead = false
    case .refused(let refusal):
      self.client = client
      self.isTokenDead = refusal.isOfDeadToken
    }
  }
}
