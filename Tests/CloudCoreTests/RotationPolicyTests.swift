import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// What each rotation makes of the token before the live one, and of older ones.
struct RotationPolicyTests {
  let fixture = CloudFixture()
  let owner = EmailAddress("owner@example.org")!
  static let window: UInt64 = 30_000

  static let all: [RotationPolicy] = [
    .strict, .grace(windowMilliseconds: window), .idempotent(windowMilliseconds: window),
    .retireOnUse, .reusable,
  ]

  private func signIn(_ rotation: RotationPolicy) throws -> GrantedTokens {
    self.fixture.setPolicy(TokenPolicy(rotation: rotation))
    _ = try self.fixture.register(self.owner)
    return try self.fixture.signIn(self.owner)
  }

  private func refresh(_ token: Secret) throws -> TokenOutcome {
    try self.fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  @Test func `under strict a token is good once`() throws {
    let first = try self.signIn(.strict)
    let second = try self.refresh(first.refreshToken).tokens()
    #expect(second.generation == 2)
    let replay = try self.refresh(first.refreshToken)
    #expect(replay.refusal?.reason == .replayed)
    #expect(replay.events == [.sessionEnded(first.session, .replayed)])
    #expect(try self.refresh(second.refreshToken).refusal?.reason == .sessionEnded)
  }

  @Test(
    arguments: [.strict, .idempotent(windowMilliseconds: window), .retireOnUse]
      as [RotationPolicy])
  func `a token that a restored database does not know harms nobody`(
    rotation: RotationPolicy
  ) throws {
    let first = try self.signIn(rotation)
    let saved = try #require(
      try self.fixture.transaction { try $0.session(first.session) })
    let lost = try self.refresh(first.refreshToken).tokens()
    try self.fixture.transaction { try $0.save(saved) }
    // Newer than its session, and then of the live one's generation.
    #expect(try self.refresh(lost.refreshToken).refusal?.reason == .tokenUnknown)
    let second = try self.refresh(first.refreshToken).tokens()
    let stray = try self.refresh(lost.refreshToken)
    #expect(stray.refusal?.reason == .tokenUnknown)
    #expect(stray.events.isEmpty)
    #expect(try self.refresh(second.refreshToken).tokens().generation == 3)
  }

  @Test(
    arguments: [
      (.okta, TokenPolicy(rotation: .grace(windowMilliseconds: 30_000))),
      (.auth0, TokenPolicy(rotation: .grace(windowMilliseconds: 0))),
      (.hydra, TokenPolicy(rotation: .grace(windowMilliseconds: 300_000), reaction: .consent)),
      (
        .keycloak,
        TokenPolicy(rotation: .reusable, idleSeconds: 1_800, absoluteSeconds: 36_000)
      ),
      (
        .glewlwyd,
        TokenPolicy(rotation: .strict, reaction: .refreshTokens, idleSeconds: 1_209_600)
      ),
      (.google, TokenPolicy(rotation: .retireOnUse)),
      (.ifttt, TokenPolicy(rotation: .idempotent(windowMilliseconds: 86_400_000))),
    ] as [(PolicyPreset, TokenPolicy)])
  func `a preset is what its product publishes`(preset: PolicyPreset, policy: TokenPolicy) {
    #expect(preset.policy == policy)
  }

  @Test(arguments: [(0 as UInt64, true), (29_999, true), (30_000, true), (30_001, false)])
  func `under grace a token gives another successor for the window`(
    elapsed: UInt64, isGranted: Bool
  ) throws {
    let first = try self.signIn(.grace(windowMilliseconds: Self.window))
    let second = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: elapsed)
    let again = try self.refresh(first.refreshToken)
    guard isGranted else {
      #expect(again.refusal?.reason == .replayed)
      #expect(try self.refresh(second.refreshToken).refusal?.reason == .sessionEnded)
      return
    }
    let another = try again.tokens()
    #expect(another.refreshToken != second.refreshToken)
    #expect(another.generation == 2)
    #expect(try self.refresh(another.refreshToken).tokens().generation == 3)
  }

  @Test func `under grace the window is not prolonged by using it`() throws {
    let first = try self.signIn(.grace(windowMilliseconds: Self.window))
    _ = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: 20_000)
    _ = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: 10_001)
    #expect(try self.refresh(first.refreshToken).refusal?.reason == .replayed)
  }

  @Test(arguments: [(30_000 as UInt64, GrantRefusal.Reason.superseded), (30_001, .replayed)])
  func `a superseded token harms nobody in the window, and is a replay after it`(
    elapsed: UInt64, reason: GrantRefusal.Reason
  ) throws {
    let first = try self.signIn(.grace(windowMilliseconds: Self.window))
    let displaced = try self.refresh(first.refreshToken).tokens()
    let live = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.refresh(displaced.refreshToken)
    #expect(outcome.refusal?.code == .invalidGrant)
    #expect(outcome.refusal?.reason == reason)
    #expect(outcome.events.isEmpty == (reason == .superseded))
    if reason == .superseded {
      // Whoever holds the displaced one asks with the one before, and is well again.
      let rescued = try self.refresh(first.refreshToken).tokens()
      #expect(try self.refresh(live.refreshToken).refusal?.reason == .superseded)
      #expect(try self.refresh(rescued.refreshToken).tokens().generation == 3)
    } else {
      #expect(try self.refresh(live.refreshToken).refusal?.reason == .sessionEnded)
    }
  }

  @Test(arguments: [
    (6_000 as UInt64, GrantRefusal.Reason.superseded), (30_000, .superseded),
    (30_001, .replayed),
  ])
  func `a superseded token harms nobody either when the other has gone on`(
    elapsed: UInt64, reason: GrantRefusal.Reason
  ) throws {
    let first = try self.signIn(.grace(windowMilliseconds: Self.window))
    let displaced = try self.refresh(first.refreshToken).tokens()
    let other = try self.refresh(first.refreshToken).tokens()
    self.fixture.advance(milliseconds: 5_000)
    let live = try self.refresh(other.refreshToken).tokens()
    self.fixture.advance(milliseconds: elapsed)
    let outcome = try self.refresh(displaced.refreshToken)
    #expect(outcome.refusal?.reason == reason)
    #expect(outcome.events.isEmpty == (reason == .superseded))
    #expect(
      try self.refresh(live.refreshToken).refusal?.reason
        == (reason == .superseded ? nil : .sessionEnded))
  }

  @Test func `under other rotations than grace there is no such token`() throws {
    let first = try self.signIn(.grace(windowMilliseconds: Self.window))
    let displaced = try self.refresh(first.refreshToken).tokens()
    let other = try self.refresh(first.refreshToken).tokens()
    _ = try self.refresh(other.refreshToken).tokens()
    self.fixture.setPolicy(TokenPolicy(rotation: .strict))
    #expect(try self.refresh(displaced.refreshToken).refusal?.reason == .replayed)
  }

  @Test func `a window of nothing is strict, also within the same millisecond`() throws {
    let first = try self.signIn(.grace(windowMilliseconds: 0))
    _ = try self.refresh(first.refreshToken).tokens()
    #expect(try self.refresh(first.refreshToken).refusal?.reason == .replayed)
  }

  @Test(arguments: [(false, true), (true, false)])
  func `under retire-on-use a token gives its successor until that is used, however late`(
    isUsed: Bool, isGranted: Bool
  ) throws {
    let first = try self.signIn(.retireOnUse)
    let second = try self.refresh(first.refreshToken).tokens()
    if isUsed { try self.fixture.use(second) }
    self.fixture.advance(milliseconds: isUsed ? 0 : 900 * 86_400_000)
    let again = try self.refresh(first.refreshToken)
    if isGranted {
      #expect(try again.tokens().refreshToken == second.refreshToken)
    } else {
      #expect(again.refusal?.reason == .replayed)
    }
  }

  @Test func `under retire-on-use a refreshed token retires the one before the one before`() throws
  {
    let first = try self.signIn(.retireOnUse)
    let second = try self.refresh(first.refreshToken).tokens()
    let third = try self.refresh(second.refreshToken).tokens()
    #expect(try self.refresh(second.refreshToken).tokens().refreshToken == third.refreshToken)
    #expect(try self.refresh(first.refreshToken).refusal?.reason == .replayed)
  }

  @Test func `a reusable token stays what it is, and a thief's use of it is not noticed`() throws {
    let first = try self.signIn(.reusable)
    for _ in 0..<5 {
      self.fixture.advance(milliseconds: 86_400_000)
      let again = try self.refresh(first.refreshToken)
      let tokens = try again.tokens()
      #expect(tokens.refreshToken == first.refreshToken)
      #expect(tokens.generation == 1)
      #expect(again.events.isEmpty)
      try self.fixture.use(tokens)
    }
  }

  @Test(arguments: all)
  func `a token two generations old is a replay wherever tokens rotate`(
    rotation: RotationPolicy
  ) throws {
    let first = try self.signIn(rotation)
    let second = try self.refresh(first.refreshToken).tokens()
    let third = try self.refresh(second.refreshToken).tokens()
    let outcome = try self.refresh(first.refreshToken)
    if rotation == .reusable {
      #expect(try outcome.tokens().refreshToken == third.refreshToken)
    } else {
      #expect(outcome.refusal?.reason == .replayed)
      #expect(try self.refresh(third.refreshToken).refusal?.reason == .sessionEnded)
    }
  }

  @Test(arguments: all, all)
  func `a change of policy makes no thief of whoever holds the live token`(
    before: RotationPolicy, after: RotationPolicy
  ) throws {
    let first = try self.signIn(before)
    let second = try self.refresh(first.refreshToken).tokens()
    let live = before == .reusable ? first : try self.refresh(second.refreshToken).tokens()
    self.fixture.setPolicy(TokenPolicy(rotation: after))
    #expect(try self.refresh(live.refreshToken).refusal == nil)
  }

  /// An honest client sends one request at a time, loses any answer, and sends the token that it
  /// has again, however late.
  ///
  /// - Returns: Whether it was ever refused.
  private func isRefused(_ rotation: RotationPolicy, seed: UInt64) throws -> Bool {
    var random = SeededGenerator(seed: seed)
    var held = try self.signIn(rotation).refreshToken
    for _ in 0..<200 {
      let waits: [UInt64] = [0, 1_000, 29_999, 30_000, 30_001, 86_400_000, 700 * 86_400_000]
      self.fixture.advance(milliseconds: waits.randomElement(using: &random) ?? 0)
      let outcome = try self.refresh(held)
      if outcome.refusal != nil { return true }
      guard Bool.random(using: &random) else { continue }
      let tokens = try outcome.tokens()
      held = tokens.refreshToken
      if Bool.random(using: &random) { try self.fixture.use(tokens) }
    }
    return false
  }

  @Test(
    arguments: [
      (.strict, true), (.grace(windowMilliseconds: window), true),
      (.idempotent(windowMilliseconds: window), false), (.idempotent(windowMilliseconds: 0), false),
      (.retireOnUse, false), (.reusable, false),
    ] as [(RotationPolicy, Bool)], 1...5 as ClosedRange<UInt64>)
  func `a lost response logs an honest client out only where the policy says so`(
    policy: (RotationPolicy, Bool), seed: UInt64
  ) throws {
    let (rotation, mayLogOut) = policy
    #expect(try self.isRefused(rotation, seed: seed) == mayLogOut)
  }
}
