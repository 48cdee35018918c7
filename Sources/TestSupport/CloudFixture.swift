package import CloudCore
package import DeviceProtocol

/// A cloud with its store in memory, a clock that the test sets, and seeded random numbers.
package final class CloudFixture {
  package var cloud: Cloud
  package let store = MemoryStore()
  package var now = UnixMilliseconds(1_577_352_060_000)
  package var random: SeededGenerator

  package init(
    seed: UInt64 = 1, rotationWindowMilliseconds: UInt64 = 600_000,
    bindingPolicy: BindingPolicy = .strong, clients: [OAuthClient]? = nil
  ) {
    self.random = SeededGenerator(seed: seed)
    self.cloud = Cloud(
      configuration: CloudConfiguration(
        keys: TokenKeys(random: &self.random), issuer: Issuer("https://cloud.test"),
        clients: clients
          ?? OAuthClient.builtIn(rotationWindowMilliseconds: rotationWindowMilliseconds),
        resourceServers: [CloudFixture.resourceServer],
        bindingPolicy: bindingPolicy))
  }

  package func transaction<Value>(
    _ body: (any StoreTransaction) throws -> Value
  ) throws -> Value {
    try self.store.transaction(body)
  }

  package func advance(milliseconds: UInt64) {
    self.now = UnixMilliseconds(self.now.value + milliseconds)
  }

  /// Puts all clients under another policy.
  package func setPolicy(_ policy: TokenPolicy) { self.setClients(OAuthClient.builtIn(policy)) }

  /// Gives the built-in clients access tokens that are JWTs.
  package func useJWTs() {
    self.setClients(
      OAuthClient.builtIn().map { client in
        var client = client
        client.accessTokenFormat = .jwt
        return client
      })
  }

  /// Replaces the clients, and keys and signer where they are given.
  package func setClients(
    _ clients: [OAuthClient], keys: TokenKeys? = nil, signer: (any TokenSigner)? = nil
  ) {
    let former = self.cloud.configuration
    self.cloud = Cloud(
      configuration: CloudConfiguration(
        keys: keys ?? former.keys, issuer: former.issuer, signer: signer ?? former.signer,
        clients: clients, resourceServers: former.resourceServers,
        bindingPolicy: former.bindingPolicy))
  }

  package func introspect(
    _ token: Secret, by callerID: String = "a resource server",
    secret: Secret? = CloudFixture.resourceServerSecret
  ) throws -> IntrospectionOutcome {
    try self.transaction {
      try self.cloud.introspect(
        token, callerID: callerID, secret: secret, in: $0, at: self.now)
    }
  }

  // MARK: Device grant

  /// Begins a device authorization of the app's.
  package func beginDevice() throws -> DeviceAuthorization {
    let outcome = try self.transaction {
      try self.cloud.beginDeviceAuthorization(
        clientID: "relink-app", in: $0, at: self.now, random: &self.random)
    }
    guard case .begun(let authorization) = outcome else { throw FixtureError(outcome) }
    return authorization
  }

  package func findDevice(
    _ userCode: String, from address: RemoteAddress = CloudFixture.address
  ) throws -> UserCodeOutcome {
    try self.transaction {
      try self.cloud.findDevice(userCode: userCode, from: address, in: $0, at: self.now)
    }
  }

  /// What the owner decides on the page.
  package func decide(
    _ decision: DeviceDecision, on authorization: DeviceAuthorization
  ) throws -> Bool {
    let found = try self.findDevice(authorization.userCode.text)
    guard case .found(let device) = found else { throw FixtureError(found) }
    return try self.transaction {
      try self.cloud.decide(decision, on: device, in: $0, at: self.now)
    }
  }

  package func poll(
    _ authorization: DeviceAuthorization, clientID: String = "relink-app"
  ) throws -> TokenOutcome {
    try self.token(.deviceCode(authorization.deviceCode, clientID: clientID))
  }

  // MARK: Owners

  package func register(_ email: EmailAddress) throws -> Account {
    let outcome = try self.transaction {
      try self.cloud.register(
        email: email, passwordHash: CloudFixture.passwordHash, in: $0, at: self.now,
        random: &self.random)
    }
    guard case .created(let account) = outcome else { throw FixtureError(outcome) }
    return account
  }

  package func logIn(_ email: EmailAddress) throws -> LoggedInOwner {
    let start = try self.transaction {
      try self.cloud.beginLogin(
        email: email, from: CloudFixture.address, in: $0, at: self.now)
    }
    guard case .verify(let challenge) = start else { throw FixtureError(start) }
    let verdict = try challenge.hash.verify(CloudFixture.password)
    let outcome = try self.transaction {
      try self.cloud.completeLogin(challenge, verdict: verdict, in: $0, at: self.now)
    }
    guard case .loggedIn(let owner) = outcome else { throw FixtureError(outcome) }
    return owner
  }

  /// The request that a correct app would make.
  package func authorizationRequest() throws -> AuthorizationRequest {
    let verdict = self.cloud.validate(CloudFixture.authorizationParameters)
    guard case .valid(let request) = verdict else { throw FixtureError(verdict) }
    return request
  }

  package func authorizationCode(of email: EmailAddress) throws -> Secret {
    let owner = try self.logIn(email)
    let request = try self.authorizationRequest()
    return try self.transaction {
      try self.cloud.authorize(request, by: owner, in: $0, at: self.now, random: &self.random)
    }
  }

  /// Logs an owner's app in.
  package func signIn(_ email: EmailAddress) throws -> GrantedTokens {
    let code = try self.authorizationCode(of: email)
    return try self.grantedTokens(
      .authorizationCode(
        code: code, redirectURI: CloudFixture.redirectURI, clientID: "relink-app",
        codeVerifier: CloudFixture.codeVerifier))
  }

  // MARK: Devices

  /// The certificate of the device with this number, the same each time.
  package static func certificate(_ number: UInt8) -> DeviceCertificate {
    let digit = String(number % 10)
    let id = [8, 4, 4, 4, 12].map { String(repeating: digit, count: $0) }.joined(separator: "-")
    return DeviceCertificate(
      commonName: id, serialNumber: "SN-\(number)",
      thumbprint: [UInt8](repeating: number, count: 32))!
  }

  package func pairingToken(
    by app: GrantedTokens, nickname: String? = nil, relinkPolicy: RelinkPolicy? = nil
  ) throws -> Secret {
    let caller = try self.caller(app)
    let outcome = try self.transaction {
      try self.cloud.createPairingToken(
        by: caller, nickname: nickname, relinkPolicy: relinkPolicy, in: $0, at: self.now,
        random: &self.random)
    }
    guard case .created(let token, _) = outcome else { throw FixtureError(outcome) }
    return token
  }

  package func pair(
    _ certificate: DeviceCertificate, with token: Secret, clientID: String = "relink-camera"
  ) throws -> TokenOutcome {
    try self.token(
      .pairing(
        token: token, clientID: clientID, model: "RC-1", firmwareVersion: "1.0.0"),
      certificate: certificate)
  }

  /// A camera of this owner's, paired.
  package func pairedCamera(
    _ number: UInt8, app: GrantedTokens, relinkPolicy: RelinkPolicy? = nil,
    clientID: String = "relink-camera"
  ) throws -> GrantedTokens {
    let token = try self.pairingToken(by: app, relinkPolicy: relinkPolicy)
    let outcome = try self.pair(CloudFixture.certificate(number), with: token, clientID: clientID)
    return try outcome.tokens()
  }

  package func refresh(_ token: Secret, camera number: UInt8) throws -> TokenOutcome {
    try self.token(
      .refreshToken(token: token, clientID: "relink-camera"),
      certificate: CloudFixture.certificate(number))
  }

  package func relink(_ number: UInt8, clientID: String = "relink-camera") throws -> TokenOutcome {
    try self.token(
      .relink(clientID: clientID, firmwareVersion: "1.0.1"),
      certificate: CloudFixture.certificate(number))
  }

  // MARK: Tokens

  package func token(
    _ request: TokenRequest, certificate: DeviceCertificate? = nil, dpopKey: Bytes32? = nil
  ) throws -> TokenOutcome {
    try self.transaction {
      try self.cloud.token(
        request, certificate: certificate, dpopKey: dpopKey, in: $0, at: self.now,
        random: &self.random)
    }
  }

  package func grantedTokens(
    _ request: TokenRequest, certificate: DeviceCertificate? = nil
  ) throws -> GrantedTokens {
    try self.token(request, certificate: certificate).tokens()
  }

  package func authenticate(
    _ accessToken: Secret, camera number: UInt8? = nil,
    requiring kinds: Set<ClientKind> = Set(ClientKind.allCases)
  ) throws -> AuthenticationOutcome {
    try self.transaction {
      try self.cloud.authenticate(
        accessToken,
        certificateThumbprint: number.map { CloudFixture.certificate($0).thumbprint },
        requiring: kinds, in: $0, at: self.now)
    }
  }

  /// The caller that these tokens speak for, without the first use being noted.
  package func caller(_ tokens: GrantedTokens) throws -> Authenticated {
    let number = tokens.device.flatMap { UInt8(String($0.text.prefix(1))) }
    let outcome = try self.authenticate(tokens.accessToken, camera: number)
    switch outcome {
    case .accepted(let caller), .acceptedFirstUse(let caller): return caller
    case .wrongKind, .refused: throw FixtureError(outcome)
    }
  }

  /// Uses the access token as a client does, so that its generation is confirmed.
  package func use(_ tokens: GrantedTokens) throws {
    let caller = try self.caller(tokens)
    let refusal = try self.transaction { try self.cloud.confirm(caller, in: $0) }
    if let refusal { throw FixtureError(refusal) }
  }

  @discardableResult
  package func logOut(_ target: LogoutTarget) throws -> LogoutOutcome {
    try self.transaction {
      try self.cloud.logOut(target, reason: "exercise", in: $0, at: self.now)
    }
  }
}

extension CloudFixture {
  package static let address = RemoteAddress("192.0.2.1")
  package static let password = Secret("correct horse battery")
  /// Of `password`, at a cost that suits tests; computed by Python's `hashlib.scrypt`.
  package static let passwordHash = PasswordHash(
    text: "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw"
      + "$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk")!

  package static let resourceServerSecret = Secret("the resource server's secret")
  package static let resourceServer = ResourceServer(
    id: "a resource server", secret: resourceServerSecret)

  package static let redirectURI = "http://127.0.0.1:49152/callback"
  /// The example of RFC 7636, appendix B.
  package static let codeVerifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
  package static let codeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

  package static var authorizationParameters: AuthorizationParameters {
    self.authorizationParameters(dpopKey: nil)
  }

  package static func authorizationParameters(dpopKey: String?) -> AuthorizationParameters {
    AuthorizationParameters(
      responseType: "code", clientID: "relink-app", redirectURI: self.redirectURI,
      state: "a state", codeChallenge: self.codeChallenge, codeChallengeMethod: "S256",
      dpopKey: dpopKey)
  }
}

/// The cloud answered something else than the test's preparation needs.
package struct FixtureError: Error, CustomStringConvertible {
  package let description: String
  init(_ outcome: some Any) { self.description = "unexpected: \(outcome)" }
}

extension TokenOutcome {
  package func tokens() throws -> GrantedTokens {
    guard case .granted(let tokens) = self.answer else { throw FixtureError(self) }
    return tokens
  }

  package var refusal: GrantRefusal? {
    guard case .refused(let refusal) = self.answer else { return nil }
    return refusal
  }
}

extension TokenHash {
  /// What the cloud keeps of a token; of text that is no token, the hash of nothing.
  package init(ofToken token: Secret) {
    let text = try? TokenText(parsing: Array(token.text.utf8))
    self.init(of: text?.payload ?? [])
  }
}
