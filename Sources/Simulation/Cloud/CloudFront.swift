import CloudCore
import DeviceCore
import DeviceProtocol

/// The cloud's logic behind one door: a message as a client sends it goes in, the answer that the
/// protocol has for it comes out. What `CloudServer` does over HTTP, without bytes on a wire where
/// both ends are simulated.
struct CloudFront {
  let cloud: Cloud
  var random: SeededRandom
  private let authorization: AuthorizationRequest?
  /// Of a link to Alexa; nil unless the cloud has such links.
  private let linkAuthorization: AuthorizationRequest?
  private var readTokens: ReadTokens

  /// An object, since it takes some hundred bytes and is handed on many times.
  final class Handled {
    var answer: ObservedAnswer
    /// With `authorization_pending`.
    var retryAfterSeconds: UInt32?
    var events: [CloudEvent] = []
    /// Whose event stream was opened.
    var streamCaller: Authenticated?
    /// Of which the tokens are.
    var session: SessionID?

    init(_ answer: ObservedAnswer) { self.answer = answer }
  }

  init(cloud: Cloud, random: SeededRandom, isOfFleet: Bool) {
    self.cloud = cloud
    self.readTokens = ReadTokens(ofFleet: isOfFleet)
    self.random = random
    self.authorization = Self.authorization(of: Self.appID, by: cloud)
    self.linkAuthorization = Self.authorization(of: Self.alexaID, by: cloud)
  }

  private static func authorization(
    of clientID: String, by cloud: Cloud
  ) -> AuthorizationRequest? {
    guard case .valid(let request) = cloud.validate(Self.parameters(of: clientID)) else {
      return nil
    }
    return request
  }

  /// - Parameter certificate: Of the connection; nil for none.
  mutating func handle(
    _ request: ObservedRequest, of client: ClientWords, certificate: DeviceCertificate?,
    address: RemoteAddress,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> Handled {
    switch request {
    case .register(let email, let region):
      return try self.register(email, region, in: transaction, at: now)
    case .authorize(let email, let isPasswordRight):
      return try self.authorize(
        email, isPasswordRight: isPasswordRight, clientID: client.clientID, address: address,
        in: transaction, at: now)
    case .exchangeCode(let code, _):
      return try self.token(
        .authorizationCode(
          code: Secret(code), redirectURI: Self.redirectURI, clientID: client.clientID,
          codeVerifier: Secret(Self.codeVerifier)),
        certificate: nil, in: transaction, at: now)
    case .refresh(let token, _):
      return try self.token(
        .refreshToken(token: Secret(token), clientID: client.clientID),
        certificate: certificate, in: transaction, at: now)
    case .pair(let token, _):
      return try self.token(
        .pairing(
          token: Secret(token), clientID: client.clientID, model: client.model,
          firmwareVersion: client.firmwareVersion), certificate: certificate, in: transaction,
        at: now)
    case .relink:
      return try self.token(
        .relink(clientID: client.clientID, firmwareVersion: client.firmwareVersion),
        certificate: certificate, in: transaction, at: now)
    case .revoke(let token, _):
      switch try self.cloud.revoke(
        Secret(token), clientID: client.clientID, certificate: certificate, in: transaction, at: now
      )
      {
      case .done(let events):
        let handled = Handled(.done)
        handled.events = events
        return handled
      case .refused(let refusal): return Handled(Self.answer(to: refusal))
      }
    case .resource(let accessToken, let resource):
      return try self.resource(
        resource, accessToken: accessToken, certificate: certificate,
        firmwareVersion: client.firmwareVersion, in: transaction, at: now)
    }
  }

  // MARK: Accounts and tokens

  private mutating func register(
    _ email: String, _ region: Region, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> Handled {
    guard let address = EmailAddress(email) else {
      return Handled(.refused(status: 400, reason: "invalid_request"))
    }
    switch try self.cloud.register(
      email: address, passwordHash: OwnersPassword.shared.hash, region: region, in: transaction,
      at: now, random: &self.random)
    {
    case .created(let account): return Handled(.registered(account.id))
    case .emailTaken: return Handled(.refused(status: 409, reason: "conflict"))
    }
  }

  private mutating func authorize(
    _ email: String, isPasswordRight: Bool, clientID: String, address: RemoteAddress,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> Handled {
    let authorization = clientID == Self.alexaID ? self.linkAuthorization : self.authorization
    guard let email = EmailAddress(email), let authorization else {
      return Handled(.refused(status: 403, reason: "access_denied"))
    }
    switch try self.cloud.beginLogin(email: email, from: address, in: transaction, at: now) {
    case .throttled(let seconds):
      let handled = Handled(.refused(status: 429, reason: "too_many_requests"))
      handled.retryAfterSeconds = seconds
      return handled
    case .verify(let challenge):
      let password = OwnersPassword.shared
      let outcome = try self.cloud.completeLogin(
        challenge, verdict: isPasswordRight ? password.right : password.wrong, in: transaction,
        at: now)
      switch outcome {
      case .loggedIn(let owner):
        let code = try self.cloud.authorize(
          authorization, by: owner, in: transaction, at: now, random: &self.random)
        return Handled(.code(code.text))
      // Owners of the simulation have no second factor.
      case .wrongCredentials, .secondFactorNeeded:
        return Handled(.refused(status: 403, reason: "access_denied"))
      case .throttled(let seconds):
        let handled = Handled(.refused(status: 429, reason: "too_many_requests"))
        handled.retryAfterSeconds = seconds
        return handled
      }
    }
  }

  private mutating func token(
    _ request: TokenRequest, certificate: DeviceCertificate?,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> Handled {
    let outcome = try self.cloud.token(
      request, certificate: certificate, in: transaction, at: now, random: &self.random)
    switch outcome.answer {
    case .granted(let tokens):
      self.readTokens.made(tokens.accessToken.text, tokens.readAccessToken)
      let handled = Handled(
        .tokens(
          access: tokens.accessToken.text, refresh: tokens.refreshToken.text,
          expiresInSeconds: tokens.expiresInSeconds, account: tokens.account,
          device: tokens.device, session: tokens.session, generation: tokens.generation))
      handled.events = outcome.events
      handled.session = tokens.session
      return handled
    case .refused(let refusal):
      let handled = Handled(Self.answer(to: refusal))
      handled.retryAfterSeconds = refusal.intervalSeconds
      handled.events = outcome.events
      return handled
    }
  }

  private static func answer(to refusal: GrantRefusal) -> ObservedAnswer {
    .refused(
      status: refusal.code == .invalidClient ? 401 : 400,
      reason: refusal.reason?.rawValue ?? refusal.code.rawValue)
  }

  // MARK: Resources

  private mutating func resource(
    _ resource: ObservedRequest.Resource, accessToken: String, certificate: DeviceCertificate?,
    firmwareVersion: String, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> Handled {
    let outcome = try self.cloud.authenticate(
      self.readTokens.read(accessToken, by: self.cloud),
      certificateThumbprint: certificate?.thumbprint, requiring: Self.kinds(for: resource),
      in: transaction, at: now)
    let caller: Authenticated
    switch outcome {
    case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
    case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
    case .accepted(let accepted): caller = accepted
    case .acceptedFirstUse(let accepted):
      caller = accepted
      if let refusal = try self.cloud.confirm(caller, in: transaction) {
        return Handled(.refused(status: 401, reason: refusal.reason))
      }
    }
    switch resource {
    case .session:
      return Handled(
        .session(
          caller.session, kind: caller.kind, account: caller.account, device: caller.device))
    case .events:
      let handled = Handled(.done)
      handled.streamCaller = caller
      return handled
    case .createPairingToken(let policy):
      return try self.createPairingToken(policy, by: caller, in: transaction, at: now)
    case .devices:
      return Handled(
        .devices(try self.cloud.devices(of: caller, in: transaction, at: now).map(\.record.id)))
    case .motions(let device):
      let motions = try self.cloud.motions(of: device, for: caller, in: transaction)
      return Handled(
        Self.recordings(
          motions?.map { Recording(sequence: $0.sequence, at: $0.at, weightGrams: 0) }))
    case .measurements(let device):
      let measurements = try self.cloud.measurements(of: device, for: caller, in: transaction)
      return Handled(
        Self.recordings(
          measurements?.map {
            Recording(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
          }))
    case .remove(let device):
      return Self.removed(try self.cloud.removeDevice(device, by: caller, in: transaction, at: now))
    case .heartbeat(let report):
      switch try self.cloud.heartbeat(report, from: caller, in: transaction, at: now) {
      case .stored: return Handled(.done)
      case .invalid: return Handled(.refused(status: 400, reason: "invalid_request"))
      case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
      case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
      }
    case .record(let recordings):
      return try self.record(recordings, from: caller, in: transaction)
    case .unbind:
      switch try self.cloud.unbind(by: caller, in: transaction, at: now) {
      case .unbound(let events):
        let handled = Handled(.done)
        handled.events = events
        return handled
      case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
      case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
      }
    }
  }

  private mutating func createPairingToken(
    _ policy: RelinkPolicy?, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> Handled {
    switch try self.cloud.createPairingToken(
      by: caller, nickname: nil, relinkPolicy: policy, in: transaction, at: now,
      random: &self.random)
    {
    case .created(let token, let seconds):
      return Handled(.pairingToken(token.text, expiresInSeconds: seconds))
    case .invalid: return Handled(.refused(status: 400, reason: "invalid_request"))
    case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
    case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
    }
  }

  private func record(
    _ recordings: [Recording], from caller: Authenticated, in transaction: any StoreTransaction
  ) throws -> Handled {
    let outcome =
      caller.kind == .scale
      ? try self.cloud.record(
        measurements: recordings.map {
          SubmittedMeasurement(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
        }, from: caller, in: transaction)
      : try self.cloud.record(
        motions: recordings.map { SubmittedMotion(sequence: $0.sequence, at: $0.at) },
        from: caller, in: transaction)
    switch outcome {
    case .acknowledged(let sequences, _): return Handled(.acknowledged(sequences))
    case .invalid: return Handled(.refused(status: 400, reason: "invalid_request"))
    case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
    case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
    }
  }

  private static func recordings(_ recordings: [Recording]?) -> ObservedAnswer {
    recordings.map { .recordings($0) } ?? .refused(status: 404, reason: "not_found")
  }

  private static func removed(_ outcome: RemoveDeviceOutcome) -> Handled {
    switch outcome {
    case .removed(let events):
      let handled = Handled(.done)
      handled.events = events
      return handled
    case .notFound: return Handled(.refused(status: 404, reason: "not_found"))
    case .wrongKind: return Handled(.refused(status: 403, reason: "insufficient_scope"))
    case .refused(let refusal): return Handled(.refused(status: 401, reason: refusal.reason))
    }
  }

  private static func kinds(for resource: ObservedRequest.Resource) -> Set<ClientKind> {
    switch resource {
    case .session, .events: Self.anyKind
    case .createPairingToken, .devices, .motions, .measurements, .remove: Self.apps
    case .heartbeat, .record, .unbind: Self.devices
    }
  }

  private static let anyKind = Set(ClientKind.allCases)
  private static let apps: Set<ClientKind> = [.app]
  private static let devices: Set<ClientKind> = [.camera, .scale]

  // MARK: The app's constants

  private static let redirectURI = "relink://callback"
  // The example of RFC 7636, appendix B.
  private static let codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  static let appID = "\(ClientID.app.text)"
  private static let cameraID = "\(ClientID.camera.text)"
  private static let scaleID = "\(ClientID.scale.text)"
  static let alexaID = "alexa"

  static func clientID(of kind: DeviceKind) -> String {
    switch kind {
    case .camera: self.cameraID
    case .scale: self.scaleID
    }
  }

  /// What a platform is to the cloud: a client that the owner has logged in to, once.
  static var alexa: OAuthClient {
    OAuthClient(
      id: self.alexaID, kind: .alexa, redirectURIs: [self.redirectURI],
      policy: TokenPolicy(rotation: .idempotent(windowMilliseconds: 600_000)))
  }

  private static func parameters(of clientID: String) -> AuthorizationParameters {
    AuthorizationParameters(
      responseType: "code", clientID: clientID, redirectURI: self.redirectURI,
      state: nil, codeChallenge: self.codeChallenge, codeChallengeMethod: "S256")
  }
}
