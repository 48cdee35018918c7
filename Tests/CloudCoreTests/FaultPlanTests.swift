import CloudCore
import DeviceProtocol
import TestSupport
import Testing

struct FaultPlanTests {
  let owner = EmailAddress("owner@example.org")!

  private func subject(
    _ grant: GrantName, device: Int? = nil, email: EmailAddress? = nil
  ) -> TokenRequestSubject {
    TokenRequestSubject(
      grant: grant, device: device.map { Sample.deviceID($0) }, accountEmail: email)
  }

  @Test func `without rules nothing happens`() {
    var plan = FaultPlan()
    #expect(plan.decide(self.subject(.refreshToken)) == .none)
  }

  @Test func `a rule fires after what it skips, as often as it says`() {
    var plan = FaultPlan()
    let rule = plan.add(
      grant: .refreshToken, device: nil, accountEmail: nil, phase: .afterCommit, skip: 2, count: 2)
    #expect(rule.fired == 0)
    let decisions = (0..<6).map { _ in plan.decide(self.subject(.refreshToken)) }
    #expect(
      decisions == [.none, .none, .closeAfterCommit, .closeAfterCommit, .none, .none])
    #expect(plan.rules.map(\.fired) == [2])
    #expect(plan.rules.map(\.matched) == [6])
  }

  @Test func `a rule for text that is no device's id is kept and harms nobody`() {
    var plan = FaultPlan()
    let rule = plan.add(
      grant: .relink, deviceText: "nothing", accountEmail: nil, phase: .beforeCommit)
    #expect(rule.deviceText == "nothing")
    #expect(plan.decide(self.subject(.relink, device: 1)) == .none)
    #expect(plan.decide(self.subject(.relink)) == .none)
  }

  @Test func `a rule matches its grant, device and account alone`() {
    var plan = FaultPlan()
    _ = plan.add(
      grant: .relink, device: Sample.deviceID(1), accountEmail: self.owner, phase: .beforeCommit)
    let others = [
      self.subject(.pairing, device: 1, email: self.owner),
      self.subject(.relink, device: 2, email: self.owner),
      self.subject(.relink, email: self.owner),
      self.subject(.relink, device: 1),
      self.subject(.relink, device: 1, email: EmailAddress("rival@example.org")!),
    ]
    for other in others { #expect(plan.decide(other) == .none) }
    #expect(
      plan.decide(self.subject(.relink, device: 1, email: self.owner)) == .closeBeforeCommit)
  }

  @Test func `of two rules that are due the first fires, and both count`() {
    var plan = FaultPlan()
    let first = plan.add(
      grant: .pairing, device: nil, accountEmail: nil, phase: .beforeCommit)
    let second = plan.add(
      grant: .pairing, device: nil, accountEmail: nil, phase: .afterCommit)
    #expect(first.id != second.id)
    #expect(plan.decide(self.subject(.pairing)) == .closeBeforeCommit)
    #expect(plan.decide(self.subject(.pairing)) == .closeAfterCommit)
    #expect(plan.decide(self.subject(.pairing)) == .none)
    #expect(plan.rules.map(\.matched) == [3, 3])
    plan.removeAll()
    #expect(plan.rules.isEmpty)
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
    #expect(nobody == self.subject(.refreshToken))
  }
}
