import CloudCore
import DeviceProtocol
import Simulation
import Testing

/// What the model demands after logouts by time, of a region and of a list.
@Suite struct ModelLogoutTests {
  private static let dead = ObservedAnswer.dead("logged_out")
  private static let denied = ObservedAnswer.denied("logged_out")

  @Test func `what was minted before the time is dead, and nothing else`() {
    var stage = ModelStage()
    let old = stage.signIn("ada@x")
    let phone = stage.signIn("ada@x")
    stage.advance(milliseconds: 1_000)
    let refreshed = stage.refresh(phone)
    let at = stage.now
    stage.advance(milliseconds: 5_000)
    stage.loggedOut(.issuedBefore(at))
    stage.right(old.asking(.events), Self.dead)
    stage.right(old.presented(), Self.denied)
    // The former token of a session that lives on is dead by the logout, and no replay.
    stage.right(phone.presented(), Self.denied)
    stage.right(phone.asking(.events), Self.dead)
    stage.use(refreshed)
    _ = stage.refresh(refreshed)
    var accepting = stage
    #expect(accepting.observe(old.asking(.events), .done)?.rule == 1)
  }

  @Test func `of this millisecond what was minted before is dead, and what comes after is not`() {
    var stage = ModelStage()
    let before = stage.signIn("ada@x")
    stage.loggedOut(.issuedBefore(nil))
    let after = stage.signIn("ada@x")
    stage.right(before.asking(.events), Self.dead)
    stage.use(after)
  }

  @Test func `an earlier time takes nothing back, and counts by itself`() {
    var stage = ModelStage()
    let first = stage.signIn("ada@x")
    stage.advance(milliseconds: 1_000)
    let time = stage.now
    stage.loggedOut(.issuedBefore(time))
    stage.loggedOut(.issuedBefore(UnixMilliseconds(5)))
    stage.right(first.asking(.events), Self.dead)
    // The clock jumps back: it was minted after the last of them, and then not any more.
    stage.now = UnixMilliseconds(time.value - 500)
    let early = stage.signIn("ada@x")
    stage.use(early)
    stage.loggedOut(.issuedBefore(UnixMilliseconds(6)))
    stage.use(early)
    stage.loggedOut(.issuedBefore(nil))
    stage.right(early.asking(.events), Self.dead)
  }

  @Test func `a region's accounts are logged out, and no others`() throws {
    let region = try #require(Region("eu-west"))
    var stage = ModelStage()
    let eve: AccountID = stage.new()
    stage.right(.register(email: "eve@x", region: region), .registered(eve))
    let abroad = stage.signIn("eve@x")
    let home = stage.signIn("ada@x")
    let code = stage.code(of: "eve@x")
    #expect(stage.loggedOut(.region(region)) == 1)
    stage.right(abroad.asking(.events), Self.dead)
    stage.right(.exchangeCode(code), Self.denied)
    stage.use(home)
    stage.use(stage.signIn("eve@x"))
  }

  private static func outcome(_ scope: RevocationScope, ended count: UInt64?) -> LogoutOutcome {
    .loggedOut(
      LogoutRecord(
        at: UnixMilliseconds(1), scope: scope, epoch: 1, reason: "", before: nil, operatorName: "",
        sessionCount: count))
  }

  @Test func `a logout of whom there is may not be refused`() throws {
    var stage = ModelStage()
    let ada = stage.signIn("ada@example.org")
    _ = stage.pair(.porch, by: ada)
    let known: [LogoutTarget] = [
      .everyone, .kind(.scale), .region(.standard), .issuedBefore(nil), .issuedBefore(stage.now),
      .account(try #require(EmailAddress("ADA@example.org"))), .device(.porch),
      .session(try #require(ada.session)),
    ]
    for target in known {
      for refusal in [LogoutOutcome.unknownTarget, .timeToCome] {
        var refused = stage.model
        #expect(
          refused.loggedOut(target, answeredBy: refusal, at: stage.now)?.rule == 1, "\(target)")
      }
      var done = stage.model
      #expect(
        done.loggedOut(target, answeredBy: Self.outcome(.everyone, ended: nil), at: stage.now)
          == nil, "\(target)")
    }
    stage.use(ada)
  }

  @Test func `a logout of nobody, or by a time to come, must be refused`() throws {
    var stage = ModelStage()
    _ = stage.signIn("ada@example.org")
    let nobody: [LogoutTarget] = [
      .region(try #require(Region("eu-west"))), .device(.porch), .session(stage.new()),
      .account(try #require(EmailAddress("eve@example.org"))),
    ]
    let acknowledged = Self.outcome(.everyone, ended: nil)
    func rule(_ target: LogoutTarget, _ outcome: LogoutOutcome) -> Int? {
      var model = stage.model
      return model.loggedOut(target, answeredBy: outcome, at: stage.now)?.rule
    }
    for target in nobody {
      #expect(rule(target, .unknownTarget) == nil, "\(target)")
      #expect(rule(target, acknowledged) == 1, "\(target)")
    }
    let toCome = LogoutTarget.issuedBefore(UnixMilliseconds(stage.now.value + 1))
    #expect(rule(toCome, .timeToCome) == nil)
    #expect(rule(toCome, acknowledged) == 1)
  }

  @Test func `what a copy of the database may lack is known or not`() throws {
    var stage = ModelStage()
    let ada = stage.signIn("ada@example.org")
    let copy = stage.model
    stage.model.restored(from: copy)
    let target = LogoutTarget.session(try #require(ada.session))
    let outcomes = [
      LogoutOutcome.unknownTarget, Self.outcome(.session(try #require(ada.session)), ended: 0),
    ]
    for outcome in outcomes {
      var model = stage.model
      #expect(model.loggedOut(target, answeredBy: outcome, at: stage.now) == nil)
    }
  }

  @Test func `the cloud counts the sessions that a logout ends`() throws {
    var stage = ModelStage()
    let ada = stage.signIn("ada@example.org")
    _ = stage.signIn("ada@example.org")
    let target = LogoutTarget.account(try #require(EmailAddress("ada@example.org")))
    for (count, rule) in [(1, 1), (2, nil), (3, 1)] as [(UInt64, Int?)] {
      var model = stage.model
      let outcome = Self.outcome(.account(ada.account), ended: count)
      #expect(model.loggedOut(target, answeredBy: outcome, at: stage.now)?.rule == rule)
    }
  }

  @Test func `a list hits all of it that is known, or nobody`() throws {
    var stage = ModelStage()
    let ada = stage.signIn("ada@example.org")
    let camera = stage.pair(.porch, by: ada)
    let eve = stage.signIn("eve@example.org")
    let address = try #require(EmailAddress("eve@example.org"))
    let list: [LogoutTarget?] = [.device(.porch), nil, .device(.hall), .account(address)]
    #expect(
      stage.model.loggedOut(list, skippingUnknown: false, unknown: [1, 2], at: stage.now) == nil)
    stage.use(eve)
    for unknown in [[1], [2], [0, 1, 2], []] {
      #expect(
        stage.model.loggedOut(list, skippingUnknown: true, unknown: unknown, at: stage.now)?.rule
          == 1, "\(unknown)")
    }
    #expect(
      stage.model.loggedOut(list, skippingUnknown: true, unknown: [1, 2], at: stage.now) == nil)
    stage.right(camera.asking(.events), Self.dead, certificate: .porch)
    stage.right(eve.asking(.events), Self.dead)
    stage.use(ada)
  }
}
