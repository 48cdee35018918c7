import CloudCore
import HTTPTypes
import Hummingbird

extension CloudService {
  /// The public listener (`docs/protocol.md`, "Endpoints of the public listener").
  package func publicResponder() -> CloudResponder {
    self.publicRoutes().responder(
      logger: self.logger,
      faults: RequestFaults(injector: self.faults, identify: self.identifyForFaults),
      metrics: self.metrics.publicHTTP)
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

  /// Finds who calls by the access token (RFC 6750 §2.1), which a device presents with its
  /// certificate.
  ///
  /// - Throws: `HTTPFailure`: without credentials, refused, or of a kind that may not.
  private func caller(
    of request: Request, context: CloudRequestContext, kinds: Set<ClientKind>
  ) async throws -> Authenticated {
    guard let token = request.bearerToken else { throw HTTPFailure.noCredentials }
    let thumbprint = try await context.connection.deviceCertificate()?.thumbprint
    let outcome = try await self.readBriefly { cloud, reader, now in
      try cloud.authenticate(
        token, certificateThumbprint: thumbprint, requiring: kinds, in: reader, at: now)
    }
    switch outcome {
    case .accepted(let caller):
      return caller
    case .acceptedFirstUse(let caller):
      let refusal = try await self.write { cloud, transaction, _ in
        try cloud.confirm(caller, in: transaction)
      }
      if let refusal { throw HTTPFailure.tokenRefused(refusal) }
      return caller
    case .wrongKind:
      let names = kinds.map(\.rawValue).sorted().joined(separator: " or ")
      throw HTTPFailure.insufficientScope("only for a client of kind \(names)")
    case .refused(let refusal):
      throw HTTPFailure.tokenRefused(refusal)
    }
  }
}

extension Request {
  /// What `Authorization: Bearer` presents; nil for another scheme or none.
  var bearerToken: Secret? {
    guard let value = self.headers[.authorization] else { return nil }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return Secret(String(parts[1]))
  }
}
