import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Random operations, each compared with what `docs/token-policies.md` says, told in another way: by
/// the history of every token rather than by a session's last two.
struct RotationModelTests {
  /// What a reader of the documentation knows of the tokens.
  private struct Reference {
    struct Token {
      let text: Secret
      let parent: Int?
      var firstUsedAt: UInt64?
      /// Its access token opened something, or it was itself refreshed.
      var isUsed = false
    }

    enum Answer: Equatable {
      case new
      case same(Int)
      case refused(GrantRefusal.Reason)
    }

    let rotation: RotationPolicy
    var tokens: [Token]
    /// The one that was given last.
    var live = 0
    var isDead = false

    func answer(to index: Int, at now: UInt64) -> Answer {
      if self.isDead { return .refused(.sessionEnded) }
      let parent = self.tokens[self.live].parent
      func isWithin(_ window: UInt64) -> Bool {
        guard let parent, let start = self.tokens[parent].firstUsedAt else { return false }
        return now - start <= window
      }
      if index == self.live { return self.rotation == .reusable ? .same(index) : .new }
      if index == parent {
        switch self.rotation {
        case .grace(let window) where window > 0 && isWithin(window): return .new
        case .idempotent(let window) where !self.tokens[self.live].isUsed || isWithin(window):
          return .same(self.live)
        case .retireOnUse where !self.tokens[self.live].isUsed: return .same(self.live)
        case .strict, .grace, .idempotent, .retireOnUse, .reusable: break
        }
      }
      if case .grace(let window) = self.rotation, window > 0, isWithin(window),
        let parent
      {
        let others = [parent, self.tokens[parent].parent]
        // A sibling of the live one, or of the one before it.
        if index != parent, let own = self.tokens[index].parent, others.contains(own) {
          return .refused(.superseded)
        }
      }
      return .refused(.replayed)
    }

    mutating func presented(_ index: Int, given text: Secret?, at now: UInt64) {
      switch self.answer(to: index, at: now) {
      case .new:
        self.tokens[index].isUsed = true
        self.tokens[index].firstUsedAt = self.tokens[index].firstUsedAt ?? now
        if let text {
          self.tokens.append(Token(text: text, parent: index))
          self.live = self.tokens.count - 1
        }
      case .same: break
      case .refused(.replayed): self.isDead = true
      case .refused: break
      }
    }
  }

  private struct Undo: Error {}

  static let rotations: [RotationPolicy] = [
    .strict, .grace(windowMilliseconds: 0), .grace(windowMilliseconds: 30_000),
    .idempotent(windowMilliseconds: 0), .idempotent(windowMilliseconds: 30_000), .retireOnUse,
    .reusable,
  ]

  @Test(arguments: rotations, 1...6 as ClosedRange<UInt64>)
  func `every token is answered as its history says, and one at most is live`(
    rotation: RotationPolicy, seed: UInt64
  ) throws {
    let fixture = CloudFixture(seed: seed)
    fixture.setPolicy(TokenPolicy(rotation: rotation))
    let owner = EmailAddress("owner@example.org")!
    _ = try fixture.register(owner)
    var random = SeededGenerator(seed: seed &* 7_919)
    for _ in 0..<4 {
      let first = try fixture.signIn(owner)
      var reference = Reference(
        rotation: rotation, tokens: [Reference.Token(text: first.refreshToken, parent: nil)])
      var granted = [first]
      for step in 0..<30 {
        if Bool.random(using: &random) {
          let waits: [UInt64] = [0, 1, 15_000, 29_999, 30_000, 30_001, 3_000_000]
          fixture.advance(milliseconds: waits.randomElement(using: &random) ?? 0)
        }
        if Bool.random(using: &random), let tokens = granted.randomElement(using: &random) {
          try self.use(tokens, fixture, &reference)
        }
        try self.probe(first.session, fixture, reference, "step \(step)")
        // Mostly a young one, or the session would be dead at once.
        let count = reference.tokens.count
        let index = Int.random(
          in: (Int.random(in: 0..<8, using: &random) == 0 ? 0 : max(0, count - 3))..<count,
          using: &random)
        let outcome = try self.present(reference.tokens[index].text, fixture)
        #expect(
          self.kind(of: outcome, reference) == reference.answer(to: index, at: fixture.now.value))
        let tokens = try? outcome.tokens()
        reference.presented(index, given: tokens?.refreshToken, at: fixture.now.value)
        if let tokens { granted.append(tokens) }
      }
    }
  }

  private func present(_ token: Secret, _ fixture: CloudFixture) throws -> TokenOutcome {
    try fixture.token(.refreshToken(token: token, clientID: "relink-app"))
  }

  private func use(
    _ tokens: GrantedTokens, _ fixture: CloudFixture, _ reference: inout Reference
  ) throws {
    guard case .refused = try fixture.authenticate(tokens.accessToken) else {
      try fixture.use(tokens)
      // Of a generation, whichever of its tokens came with it.
      for index in reference.tokens.indices
      where reference.tokens[index].text == tokens.refreshToken {
        reference.tokens[index].isUsed = true
      }
      return
    }
  }

  /// Presents every token, each in a transaction that is undone.
  private func probe(
    _ session: SessionID, _ fixture: CloudFixture, _ reference: Reference, _ comment: Comment
  ) throws {
    var liveCount = 0
    for index in reference.tokens.indices {
      let token = reference.tokens[index].text
      var answer: Reference.Answer?
      #expect(throws: Undo.self) {
        try fixture.transaction { transaction in
          let generation = try transaction.session(session)?.generation ?? .max
          let outcome = try fixture.cloud.token(
            .refreshToken(token: token, clientID: "relink-app"), certificate: nil,
            in: transaction, at: fixture.now, random: &fixture.random)
          answer = self.kind(of: outcome, reference)
          // A live token carries the session on, or is itself what it gives.
          if let tokens = try? outcome.tokens(),
            tokens.generation > generation || tokens.refreshToken == token
          {
            liveCount += 1
          }
          throw Undo()
        }
      }
      #expect(answer == reference.answer(to: index, at: fixture.now.value), comment)
    }
    #expect(liveCount == (reference.isDead ? 0 : 1), comment)
  }

  private func kind(of outcome: TokenOutcome, _ reference: Reference) -> Reference.Answer? {
    if let reason = outcome.refusal?.reason { return .refused(reason) }
    guard let text = (try? outcome.tokens())?.refreshToken else { return nil }
    return reference.tokens.firstIndex { $0.text == text }.map { .same($0) } ?? .new
  }
}
