import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct DeviceGrantTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!

  init() throws { _ = try self.fixture.register(self.owner) }

  private func approve(_ authorization: DeviceAuthorization) throws {
    let owner = try self.fixture.logIn(self.owner)
    #expect(try self.fixture.decide(.allow(owner), on: authorization))
  }

  @Test func `an approved device gets the owner's tokens, once`() throws {
    let authorization = try self.fixture.beginDevice()
    #expect(authorization.expiresInSeconds == 600)
    #expect(authorization.intervalSeconds == 5)
    #expect(try self.fixture.poll(authorization).refusal?.code == .authorizationPending)
    try self.approve(authorization)
    let tokens = try self.fixture.poll(authorization).tokens()
    let caller = try self.fixture.caller(tokens)
    #expect(caller.kind == .app)
    #expect(caller.device == nil)
    let again = try self.fixture.poll(authorization)
    #expect(again.refusal?.reason == .deviceCodeUsed)
    #expect(again.events == [.sessionEnded(tokens.session, .revoked)])
    #expect(try self.fixture.authenticate(tokens.accessToken) == .refused(.sessionEnded))
    #expect(try self.fixture.poll(authorization).events.isEmpty)
  }

  @Test func `a poll that comes too early makes the interval longer for good`() throws {
    let authorization = try self.fixture.beginDevice()
    // Milliseconds since the last poll, what is answered, and the interval from then on.
    for (step, pause, code, interval) in [
      (0, 0, .authorizationPending, 5), (1, 4_500, .authorizationPending, 5),
      (2, 4_499, .slowDown, 10), (3, 9_499, .slowDown, 15), (4, 14_500, .authorizationPending, 15),
      (5, 15_000, .authorizationPending, 15), (6, 5_000, .slowDown, 20),
    ] as [(Int, UInt64, GrantRefusal.Code, UInt32)] {
      self.fixture.advance(milliseconds: pause)
      let refusal = try self.fixture.poll(authorization).refusal
      #expect(refusal?.code == code, "step \(step)")
      #expect(refusal?.intervalSeconds == interval, "step \(step)")
    }
    // It is no reason to withhold what has been approved.
    try self.approve(authorization)
    #expect(try self.fixture.poll(authorization).tokens().generation == 1)
  }

  @Test func `after the clock jumped back a device is not told to slow down`() throws {
    let authorization = try self.fixture.beginDevice()
    _ = try self.fixture.poll(authorization)
    self.fixture.now = UnixMilliseconds(self.fixture.now.value - 60_000)
    #expect(try self.fixture.poll(authorization).refusal?.code == .authorizationPending)
  }

  @Test func `who denies ends it`() throws {
    let authorization = try self.fixture.beginDevice()
    #expect(try self.fixture.decide(.deny, on: authorization))
    #expect(try self.fixture.poll(authorization).refusal?.code == .accessDenied)
    #expect(try self.fixture.findDevice(authorization.userCode.text) == .unknown)
  }

  @Test(arguments: [false, true])
  func `a code expires, approved or not`(isApproved: Bool) throws {
    let authorization = try self.fixture.beginDevice()
    if isApproved { try self.approve(authorization) }
    self.fixture.advance(milliseconds: 599_999)
    if !isApproved {
      #expect(try self.fixture.poll(authorization).refusal?.code == .authorizationPending)
    }
    self.fixture.advance(milliseconds: 1)
    #expect(try self.fixture.poll(authorization).refusal?.code == .expiredToken)
    #expect(try self.fixture.findDevice(authorization.userCode.text) == .unknown)
  }

  @Test(arguments: ["everyone", "kind", "account", nil])
  func `a logout after the approval kills it, one before does not`(scope: String?) throws {
    let authorization = try self.fixture.beginDevice()
    let target: LogoutTarget? =
      switch scope {
      case "everyone": .everyone
      case "kind": .kind(.app)
      case "account": .account(self.owner)
      default: nil
      }
    if let target { try self.fixture.logOut(target) }
    try self.approve(authorization)
    if let target {
      try self.fixture.logOut(target)
      #expect(try self.fixture.poll(authorization).refusal?.reason == .loggedOut)
    } else {
      try self.fixture.logOut(.kind(.camera))
      #expect(try self.fixture.poll(authorization).refusal == nil)
    }
  }

  @Test(
    arguments: [(0, nil), (1, .loggedOut), (-60_000, nil), (60_000, .loggedOut)]
      as [(Int, GrantRefusal.Reason?)])
  func `a logout of what was issued before a time judges an approval by its own`(
    beforeMilliseconds: Int, reason: GrantRefusal.Reason?
  ) throws {
    // Begun long before: what counts is when the owner approved.
    let authorization = try self.fixture.beginDevice()
    self.fixture.advance(milliseconds: 120_000)
    try self.approve(authorization)
    let before = UnixMilliseconds(UInt64(Int(self.fixture.now.value) + beforeMilliseconds))
    self.fixture.advance(milliseconds: 120_000)
    try self.fixture.logOut(.issuedBefore(before))
    let inspection = try self.fixture.transaction {
      try self.fixture.cloud.inspect(
        authorization.deviceCode, kind: .deviceCode, in: $0, at: self.fixture.now)
    }
    #expect(inspection.state == (reason == nil ? .alive : .dead))
    #expect(inspection.reason == reason?.rawValue)
    #expect(try self.fixture.poll(authorization).refusal?.reason == reason)
  }

  @Test func `a code is of one client only, and of this cloud`() throws {
    self.fixture.setClients(
      OAuthClient.builtIn() + [
        OAuthClient(
          id: "other", kind: .app, redirectURIs: [], policy: TokenPolicy(rotation: .strict),
          grants: [.deviceCode])
      ])
    let authorization = try self.fixture.beginDevice()
    try self.approve(authorization)
    let stolen = try self.fixture.poll(authorization, clientID: "other")
    #expect(stolen.refusal?.reason == .deviceCodeUnknown)
    for text in ["", "rlkd_", authorization.userCode.text, authorization.deviceCode.text + "A"] {
      let outcome = try self.fixture.token(.deviceCode(Secret(text), clientID: "relink-app"))
      #expect(outcome.refusal?.reason == .deviceCodeUnknown)
    }
    #expect(try self.fixture.poll(authorization).refusal == nil)
  }

  @Test(
    arguments: [
      ("relink-camera", .unauthorizedClient), ("public", .unauthorizedClient),
      ("camera with all grants", .unauthorizedClient), ("nobody", .invalidClient),
    ] as [(String, GrantRefusal.Code)])
  func `only a client that may use the grant can begin, and poll`(
    clientID: String, code: GrantRefusal.Code
  ) throws {
    let policy = TokenPolicy(rotation: .strict)
    self.fixture.setClients(
      OAuthClient.builtIn() + [
        OAuthClient(id: "public", kind: .app, redirectURIs: [], policy: policy),
        OAuthClient(
          id: "camera with all grants", kind: .camera, redirectURIs: [], policy: policy,
          grants: Set(GrantType.allCases)),
      ])
    let outcome = try self.fixture.transaction {
      try self.fixture.cloud.beginDeviceAuthorization(
        clientID: clientID, in: $0, at: self.fixture.now, random: &self.fixture.random)
    }
    guard case .refused(let refusal) = outcome else {
      Issue.record("begun")
      return
    }
    #expect(refusal.code == code)
    let authorization = try self.fixture.beginDevice()
    #expect(try self.fixture.poll(authorization, clientID: clientID).refusal?.code == code)
  }

  @Test func `a client without the code grant is sent back from the authorization page`() throws {
    self.fixture.setClients([
      OAuthClient(
        id: "relink-app", kind: .app, redirectURIs: [CloudFixture.redirectURI],
        policy: TokenPolicy(rotation: .strict), grants: [.deviceCode])
    ])
    let verdict = self.fixture.cloud.validate(CloudFixture.authorizationParameters)
    guard case .redirectWithError(_, let error, _, _) = verdict else {
      Issue.record("not sent back: \(verdict)")
      return
    }
    #expect(error == "unauthorized_client")
  }

  @Test func `a code is found however it is typed`() throws {
    let authorization = try self.fixture.beginDevice()
    let text = authorization.userCode.text
    #expect(text.utf8.count == 9)
    for typed in [
      text, text.lowercased(), text.replacing("-", with: ""), " \(text) ",
      text.replacing("-", with: " "), text.map { "\($0)-" }.joined(),
    ] {
      guard case .found(let device) = try self.fixture.findDevice(typed) else {
        Issue.record("not found")
        continue
      }
      #expect(device.clientID == "relink-app")
      #expect(device.userCode == authorization.userCode)
    }
  }

  @Test func `codes are of letters that look like no others, each as likely`() throws {
    var random = SeededGenerator(seed: 5)
    var counts: [UInt8: Int] = [:]
    for _ in 0..<5_000 {
      for letter in UserCode(random: &random).letters { counts[letter, default: 0] += 1 }
    }
    #expect(Set(counts.keys) == Set("BCDFGHJKLMNPQRSTVWXZ".utf8))
    // 40,000 letters, 2,000 of each; five standard deviations are 218.
    #expect(counts.values.allSatisfy { (1_780...2_220).contains($0) })
  }

  @Test func `guessing gets slow for an address, and not for others`() throws {
    let authorization = try self.fixture.beginDevice()
    let guesser = RemoteAddress("192.0.2.66")
    var guesses = 0
    let start = self.fixture.now.value
    while self.fixture.now.value < start + 600_000, guesses < 100 {
      switch try self.fixture.findDevice("BBBB-BBBB", from: guesser) {
      case .unknown: guesses += 1
      case .throttled(let seconds): self.fixture.advance(milliseconds: UInt64(seconds) * 1_000)
      case .found: Issue.record("guessed")
      }
    }
    // In the life of a code, of 25,600 million.
    #expect(guesses < 25)
    self.fixture.now = UnixMilliseconds(start)
    #expect(
      try self.fixture.findDevice(authorization.userCode.text, from: RemoteAddress("192.0.2.67"))
        != .unknown)
  }

  @Test func `a right code does not let a guesser begin anew, and is throttled alike`() throws {
    let authorization = try self.fixture.beginDevice()
    for _ in 0..<5 { #expect(try self.fixture.findDevice("nonsense") == .unknown) }
    let outcome = try self.fixture.findDevice(authorization.userCode.text)
    #expect(outcome == .throttled(retryAfterSeconds: 1))
    self.fixture.advance(milliseconds: 1_000)
    guard case .found = try self.fixture.findDevice(authorization.userCode.text) else {
      Issue.record("not found")
      return
    }
    #expect(try self.fixture.findDevice("nonsense") == .unknown)
    #expect(try self.fixture.findDevice("nonsense") == .throttled(retryAfterSeconds: 2))
  }

  @Test func `a second decision changes nothing`() throws {
    let authorization = try self.fixture.beginDevice()
    guard case .found(let device) = try self.fixture.findDevice(authorization.userCode.text) else {
      Issue.record("not found")
      return
    }
    #expect(try self.fixture.decide(.deny, on: authorization))
    let owner = try self.fixture.logIn(self.owner)
    let isDecided = try self.fixture.transaction {
      try self.fixture.cloud.decide(.allow(owner), on: device, in: $0, at: self.fixture.now)
    }
    #expect(!isDecided)
    #expect(try self.fixture.poll(authorization).refusal?.code == .accessDenied)
  }

  @Test func `the store holds neither code`() throws {
    let authorization = try self.fixture.beginDevice()
    let record = try #require(
      try self.fixture.transaction {
        try $0.deviceAuthorization(hash: TokenHash(ofToken: authorization.deviceCode))
      })
    // Not even a hash that all possible codes could be tried against.
    #expect(record.userCodeHash != TokenHash(of: authorization.userCode.letters))
    #expect("\(authorization.userCode)" == "<redacted>")
  }
}
