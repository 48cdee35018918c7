import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct FaultPlanTests {
  let owner = EmailAddress("owner@example.org")!
  let now = UnixMilliseconds(1_577_352_060_000)

  private func refresh(device: Int? = nil, email: EmailAddress? = nil) -> FaultSubject {
    var subject = FaultSubject(method: "POST", path: "/oauth/token", address: "127.0.0.1")
    subject.grant = .refreshToken
    subject.clientID = "relink-camera"
    subject.kind = .camera
    subject.device = device.map { Sample.deviceID($0) }
    subject.accountEmail = email
    return subject
  }

  /// Closes before the commit.
  private func fault(_ change: (inout FaultSpecification) -> Void = { _ in }) -> FaultSpecification
  {
    var fault = FaultSpecification(phase: .beforeCommit, action: .close(tellsTLS: false))
    change(&fault)
    return fault
  }

  /// Which of so many equal requests are struck.
  private func struck(_ plan: inout FaultPlan, of count: Int) -> [Bool] {
    (0..<count).map { _ in plan.decide(self.refresh(), at: self.now) != nil }
  }

  @Test func `without rules nothing happens`() {
    var plan = FaultPlan()
    let firing1 = plan.decide(self.refresh(), at: self.now)
    #expect(firing1 == nil)
    #expect(plan.firings.newest(10).isEmpty)
  }

  @Test func `a rule fires after what it skips, as often as it says`() throws {
    var plan = FaultPlan()
    let added = plan.add(
      self.fault {
        $0.turn.skip = 2
        $0.turn.count = 2
      })
    let rule = try #require(added)
    #expect((rule.fired, rule.matched) == (0, 0))
    let struck = self.struck(&plan, of: 6)
    #expect(struck == [false, false, true, true, false, false])
    #expect(plan.rules.map(\.fired) == [2])
    #expect(plan.rules.map(\.matched) == [6])
  }

  @Test func `a rule fires at the first of every so many`() {
    var plan = FaultPlan()
    _ = plan.add(
      self.fault {
        $0.turn.skip = 1
        $0.turn.every = 3
        $0.turn.count = nil
      })
    let struck = self.struck(&plan, of: 8)
    #expect(struck == [false, true, false, false, true, false, false, true])
  }

  @Test func `the same seed strikes the same requests, and about its share of them`() {
    func run(seed: UInt64, beside other: Bool) -> [Bool] {
      var plan = FaultPlan()
      if other {
        _ = plan.add(
          self.fault {
            $0.turn.every = 7
            $0.turn.count = nil
            $0.match.grant = .pairing
          })
      }
      _ = plan.add(
        self.fault {
          $0.turn.probability = 0.25
          $0.turn.seed = seed
          $0.turn.count = nil
        })
      return self.struck(&plan, of: 4_000)
    }
    let first = run(seed: 7, beside: false)
    #expect(first == run(seed: 7, beside: true))
    #expect(first != run(seed: 8, beside: false))
    #expect((900...1_100).contains(first.count { $0 }))
  }

  @Test func `a rule without a seed has its id for one, so that two rules differ`() throws {
    var plan = FaultPlan()
    let rules = (0..<2).compactMap { _ in plan.add(self.fault { $0.turn.probability = 0.5 }) }
    #expect(rules.map(\.seed) == [1, 2])
  }

  @Test func `what is drawn for one rule does not depend on another that strikes first`() {
    func last(beside first: Bool) -> [UInt64] {
      var plan = FaultPlan()
      if first { _ = plan.add(self.fault { $0.turn.count = 10 }) }
      let rule = plan.add(
        self.fault {
          $0.turn.probability = 0.5
          $0.turn.seed = 3
          $0.turn.count = nil
        })
      return (0..<200).compactMap { index in
        plan.decide(self.refresh(), at: self.now)?.rule == rule?.id ? UInt64(index) : nil
      }
    }
    #expect(last(beside: true) == last(beside: false).filter { $0 >= 10 })
  }

  @Test func `a rule matches only what fits all that it names`() {
    let rules: [(inout FaultMatch) throws -> Void] = [
      { $0.endpoint = try FaultEndpoint("POST /oauth/token") }, { $0.grant = .refreshToken },
      { $0.clientID = "relink-camera" }, { $0.kind = .camera },
      { $0.device = Sample.deviceID(1) }, { $0.accountEmail = self.owner },
      { $0.address = "127.0.0.1" },
    ]
    let others: [(inout FaultSubject) -> Void] = [
      { $0.path = "/oauth/revoke" }, { $0.grant = .pairing }, { $0.clientID = "relink-scale" },
      { $0.kind = .scale }, { $0.device = Sample.deviceID(2) },
      { $0.accountEmail = EmailAddress("rival@example.org")! }, { $0.address = "127.0.0.2" },
    ]
    let subject = self.refresh(device: 1, email: self.owner)
    for (rule, other) in zip(rules, others) {
      var plan = FaultPlan()
      _ = plan.add(self.fault { try? rule(&$0.match) })
      var changed = subject
      other(&changed)
      let firing2 = plan.decide(changed, at: self.now)
      #expect(firing2 == nil)
      let firing3 = plan.decide(subject, at: self.now)
      #expect(firing3 != nil)
    }
    var plan = FaultPlan()
    _ = plan.add(self.fault { fault in for rule in rules { try? rule(&fault.match) } })
    for other in others {
      var changed = subject
      other(&changed)
      let firing4 = plan.decide(changed, at: self.now)
      #expect(firing4 == nil)
    }
    let firing5 = plan.decide(subject, at: self.now)
    #expect(firing5 != nil)
  }

  @Test func `of two rules that are due the first fires, and both count`() throws {
    var plan = FaultPlan()
    let added = [plan.add(self.fault()), plan.add(self.fault())]
    let (first, second) = (try #require(added[0]), try #require(added[1]))
    #expect(first.id != second.id)
    let fired = (0..<3).map { _ in plan.decide(self.refresh(), at: self.now)?.rule }
    #expect(fired == [first.id, second.id, nil])
    #expect(plan.rules.map(\.matched) == [3, 3])
    let removals = [plan.remove(first.id), plan.remove(first.id)]
    #expect(removals == [true, false])
    #expect(plan.rules.map(\.id) == [second.id])
    plan.removeAll()
    #expect(plan.rules.isEmpty)
    let third = plan.add(self.fault())
    #expect(third?.id == 3)
    #expect(plan.firings.newest(10).map(\.rule) == [first.id, second.id])
  }

  @Test func `a certificate is presented to connections and strikes no request`() {
    var plan = FaultPlan()
    var fault = FaultSpecification(phase: .handshake, action: .certificate(.expired))
    fault.match.serverName = "cloud.test"
    _ = plan.add(fault)
    #expect(plan.hasConnectionRules && !plan.hasRequestRules)
    let firing6 = plan.decide(self.refresh(), at: self.now)
    #expect(firing6 == nil)
    func connect(_ name: String?) -> FaultFiring? {
      plan.decideConnection(address: "127.0.0.1", serverName: name, at: self.now)
    }
    #expect(connect(nil) == nil)
    #expect(connect("other.test") == nil)
    #expect(connect("cloud.test") != nil)
    #expect(connect("cloud.test") == nil)
  }

  @Test func `firings are kept with what came of them, the newest of them`() throws {
    var plan = FaultPlan()
    _ = plan.add(self.fault { $0.turn.count = nil })
    let decided = plan.decide(self.refresh(), at: self.now)
    let first = try #require(decided)
    #expect(plan.firings.newest(10).map(\.outcome) == [.underWay])
    plan.end(first.id, .struck(responseByteCount: 17))
    #expect(plan.firings.newest(10).map(\.outcome) == [.struck(responseByteCount: 17)])
    for _ in 0..<FaultFirings.maximumCount { _ = plan.decide(self.refresh(), at: self.now) }
    #expect(plan.firings.count == UInt64(FaultFirings.maximumCount) + 1)
    #expect(plan.firings.droppedCount == 1)
    // It is kept no more, and harms no other.
    plan.end(first.id, .missed(responseByteCount: nil))
    let kept = plan.firings.newest(.max)
    #expect(kept.map(\.id) == Array(2...plan.firings.count))
    #expect(kept.allSatisfy { $0.outcome == .underWay })
    #expect(plan.firings.newest(2).map(\.id) == [plan.firings.count - 1, plan.firings.count])
    #expect(plan.firings.newest(10, after: plan.firings.count - 1).count == 1)
    #expect(plan.firings.newest(10, of: 2).isEmpty)
  }

  @Test func `there are no more rules than a thousand`() {
    var plan = FaultPlan()
    let added = (0...FaultPlan.maximumRuleCount).map { _ in plan.add(self.fault()) != nil }
    #expect(added == Array(repeating: true, count: FaultPlan.maximumRuleCount) + [false])
  }

  @Test func `a request's subject is told before it is answered`() throws {
    let fixture = CloudFixture()
    _ = try fixture.register(self.owner)
    let code = try fixture.authorizationCode(of: self.owner)
    let app = try fixture.signIn(self.owner)
    let pairingToken = try fixture.pairingToken(by: app)
    let camera = try fixture.pairedCamera(1, app: app)
    let certificate = CloudFixture.certificate(1)
    let requests: [(TokenRequest, DeviceID?, GrantName)] = [
      (
        .authorizationCode(
          code: code, redirectURI: "", clientID: "", codeVerifier: Secret("")), nil,
        .authorizationCode
      ),
      (
        .refreshToken(token: camera.refreshToken, clientID: ""), certificate.deviceID,
        .refreshToken
      ),
      (.refreshToken(token: app.refreshToken, clientID: ""), nil, .refreshToken),
      (
        .pairing(token: pairingToken, clientID: "", model: "", firmwareVersion: ""),
        certificate.deviceID, .pairing
      ),
      (.relink(clientID: "", firmwareVersion: ""), certificate.deviceID, .relink),
    ]
    for (request, device, grant) in requests {
      let subject = try fixture.transaction {
        try fixture.cloud.subject(of: request, certificate: certificate, in: $0)
      }
      #expect(
        subject
          == TokenRequestSubject(grant: grant, device: device, accountEmail: self.owner))
    }
    let nobody = try fixture.transaction {
      try fixture.cloud.subject(
        of: .refreshToken(token: Secret("x"), clientID: ""), certificate: nil, in: $0)
    }
    #expect(nobody == TokenRequestSubject(grant: .refreshToken, device: nil, accountEmail: nil))
  }

  @Test(arguments: [false, true])
  func `whose access token it is is told, alive or dead`(isJWT: Bool) throws {
    let fixture = CloudFixture()
    if isJWT { fixture.useJWTs() }
    _ = try fixture.register(self.owner)
    let app = try fixture.signIn(self.owner)
    let camera = try fixture.pairedCamera(1, app: app)
    let request = FaultSubject(method: "GET", path: "/v1/session")
    let subjects = try fixture.transaction { reader in
      try [app.accessToken, camera.accessToken, Secret("rlka_nothing")].map {
        try fixture.cloud.faultSubject(request, of: $0, in: reader, at: fixture.now)
      }
    }
    #expect(subjects.map(\.kind) == [.app, .camera, nil])
    #expect(subjects.map(\.clientID) == ["relink-app", "relink-camera", nil])
    #expect(subjects.map(\.device) == [nil, CloudFixture.certificate(1).deviceID, nil])
    #expect(subjects.map(\.accountEmail) == [self.owner, self.owner, nil])
  }
}
