import CloudCore
import DeviceProtocol
import Simulation
import Testing

/// What the model demands under each policy: a right answer passes, and each wrong one is caught.
@Suite struct ModelPolicyTests {
  private static let ada = "ada@x"

  private static func stage(
    _ rotation: RotationPolicy, _ reaction: TheftReaction = .session, idle: UInt32? = nil,
    absolute: UInt32? = nil
  ) -> ModelStage {
    var settings = Scenario.CloudSettings()
    settings.policies.app = TokenPolicy(
      rotation: rotation, reaction: reaction, idleSeconds: idle, absoluteSeconds: absolute)
    return ModelStage(settings)
  }

  /// What the token before the live one is answered with.
  enum Retry: Sendable {
    case same, another, replayed
    var isAnswer: Bool { self != .replayed }
  }

  private static let window: UInt64 = 30_000

  /// Within the window and not used, within and used, after and not used, after and used.
  static let retries: [(RotationPolicy, [Retry])] = [
    (.strict, [.replayed, .replayed, .replayed, .replayed]),
    (.grace(windowMilliseconds: window), [.another, .another, .replayed, .replayed]),
    (.grace(windowMilliseconds: 0), [.replayed, .replayed, .replayed, .replayed]),
    (.idempotent(windowMilliseconds: window), [.same, .same, .same, .replayed]),
    (.retireOnUse, [.same, .replayed, .same, .replayed]),
  ]

  @Test(arguments: retries)
  func `a retry is worth what the policy says, and nothing else`(
    rotation: RotationPolicy, expected: [Retry]
  ) {
    for (index, expected) in expected.enumerated() {
      var stage = Self.stage(rotation)
      let first = stage.signIn(Self.ada)
      let live = stage.refresh(first)
      if index % 2 == 1 { stage.use(live) }
      stage.advance(milliseconds: index < 2 ? 30_000 : 30_001)
      for answer in [Retry.same, .another, .replayed] {
        var stage = stage
        let tokens = answer == .same ? Self.again(live, &stage) : stage.successor(of: first)
        let violation = stage.observe(
          first.presented(), answer.isAnswer ? tokens.answer : .denied("replayed"))
        #expect((violation == nil) == (answer == expected), "\(rotation) \(index) \(answer)")
      }
    }
  }

  /// The same refresh token with another access token.
  private static func again(_ held: ModelStage.Held, _ stage: inout ModelStage) -> ModelStage.Held {
    var held = held
    held.access = stage.new("a")
    return held
  }

  @Test func `under grace the token that was given last is live, and the one before is superseded`()
  {
    var stage = Self.stage(.grace(windowMilliseconds: Self.window))
    let first = stage.signIn(Self.ada)
    let lost = stage.refresh(first)
    let live = stage.successor(of: first)
    stage.right(first.presented(), live.answer)
    #expect(stage.model.session(ofRefreshToken: lost.refresh) == .superseded)
    #expect(stage.observe(lost.presented(), stage.successor(of: lost).answer)?.rule == 2)
    stage.right(lost.presented(), .denied("superseded"))
    stage.right(live.asking(.events), .done)
    // The window goes on from the first use; after it both are replays.
    stage.advance(milliseconds: Self.window + 1)
    #expect(stage.observe(lost.presented(), .denied("superseded"))?.rule == 4)
    stage.right(lost.presented(), .denied("replayed"))
    stage.right(live.asking(.events), .dead("session_ended"))
  }

  @Test func `under reusable a token stays what it is`() {
    var stage = Self.stage(.reusable)
    let app = stage.signIn(Self.ada)
    #expect(stage.observe(app.presented(), stage.successor(of: app).answer)?.rule == 2)
    for _ in 1...3 {
      stage.advance(milliseconds: 1)
      stage.right(app.presented(), Self.again(app, &stage).answer)
    }
  }

  @Test(arguments: TheftReaction.allCases)
  func `a theft has the consequence that the policy says`(reaction: TheftReaction) {
    var stage = Self.stage(.strict, reaction)
    let app = stage.signIn(Self.ada)
    let live = stage.refresh(app)
    let phone = stage.signIn(Self.ada)
    let other = stage.signIn("eve@x")
    let camera = stage.pair(.porch, by: app)
    stage.right(app.presented(), .denied("replayed"))
    stage.right(live.presented(), .denied("session_ended"))
    let dead = ObservedAnswer.dead("session_ended")
    switch reaction {
    case .session, .consent: stage.right(live.asking(.events), dead)
    case .refreshTokens:
      stage.right(live.asking(.events), .done)
      #expect(stage.observe(live.asking(.events), dead) != nil)
    }
    stage.right(phone.asking(.events), reaction == .consent ? dead : .done)
    stage.use(other)
    stage.use(camera)
  }

  @Test func `an idle life begins anew with each refresh`() {
    var stage = Self.stage(.strict, idle: 60)
    var app = stage.signIn(Self.ada, expiresInSeconds: 60)
    for _ in 1...3 {
      stage.advance(milliseconds: 59_999)
      app = stage.refresh(app)
    }
    stage.advance(milliseconds: 60_000)
    #expect(!stage.model.isLoggedIn(app.account, at: stage.now))
    #expect(stage.observe(app.presented(), stage.successor(of: app).answer)?.rule == 1)
    stage.right(app.presented(), .denied("session_expired"))
    stage.right(app.asking(.events), .dead("expired"))
  }

  @Test func `an absolute life does not, and no access token outlives it`() {
    var stage = Self.stage(.retireOnUse, absolute: 100)
    var app = stage.signIn(Self.ada, expiresInSeconds: 100)
    stage.advance(milliseconds: 90_500)
    var next = stage.successor(of: app)
    next.expiresInSeconds = 100
    #expect(stage.observe(app.presented(), next.answer)?.rule == 1)
    // Nothing was told of that one: what the model has taken is as the cloud's answer had it.
    stage = Self.stage(.retireOnUse, absolute: 100)
    app = stage.signIn(Self.ada, expiresInSeconds: 100)
    stage.advance(milliseconds: 90_500)
    next = stage.successor(of: app)
    next.expiresInSeconds = 9
    stage.right(app.presented(), next.answer)
    stage.advance(milliseconds: 9_499)
    stage.use(next)
    stage.advance(milliseconds: 1)
    stage.right(next.asking(.events), .dead("expired"))
    stage.right(next.presented(), .denied("session_expired"))
  }

  @Test func `a device's owner whose session is over is not logged in`() {
    var stage = Self.stage(.strict, idle: 60)
    let app = stage.signIn(Self.ada, expiresInSeconds: 60)
    let camera = stage.pair(.porch, by: app, .owner)
    stage.advance(milliseconds: 60_000)
    let relinked = stage.tokens(app.account, .porch)
    var accepting = stage
    #expect(
      accepting.observe(.relink, relinked.answer, certificate: .porch)?.rule == 1)
    stage.right(.relink, .denied("authorization_pending"), certificate: .porch)
    stage.use(camera)
  }
}
