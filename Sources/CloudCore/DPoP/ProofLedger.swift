package import DeviceProtocol

/// Remembers the proofs that were used, for as long as they could be used again, and gives the
/// nonces. With it no proof is taken twice: not after a restart, not when the clock jumps, and not
/// when more come than there is room for.
///
/// What it has had to forget it does not guess: a proof that may have been among it is asked for
/// with a nonce that was not given before. That costs an honest client one more request.
package struct ProofLedger: Sendable {
  private let policy: DPoPPolicy
  private let capacity: Int
  private var nonces: ProofNonces
  /// Two spans of time, of which each is at least as long as a proof is good.
  private var present = Span()
  private var former = Span()
  private var presentSince: UnixMilliseconds
  private var latest: UnixMilliseconds
  /// The latest `iat` of what was forgotten, or may have been used before this ledger began.
  private var latestForgotten: UnixMilliseconds

  private struct Span {
    /// Beginnings of SHA-256 over key and `jti`: two clients may choose the same `jti`.
    var proofs: Set<FixedBytes<16>> = []
    var latestIssue = UnixMilliseconds(0)
  }

  /// Requests that run at the same time may have read the clock in another order.
  private static let disorderMilliseconds: UInt64 = 1_000

  /// - Parameters:
  ///   - isContinuing: Whether a cloud with these tokens ran before, whose proofs are not known.
  ///   - capacity: Of proofs in each of two spans; some 50 bytes each.
  package init(
    policy: DPoPPolicy, isContinuing: Bool, at now: UnixMilliseconds, capacity: Int = 250_000,
    random: inout some RandomNumberGenerator
  ) {
    self.policy = policy
    self.capacity = capacity
    self.nonces = ProofNonces(seconds: policy.nonceSeconds, random: &random)
    self.presentSince = now
    self.latest = now
    self.latestForgotten =
      isContinuing ? now.adding(seconds: policy.maximumLeadSeconds) : UnixMilliseconds(0)
  }

  /// Takes a proof, once.
  ///
  /// - Returns: A nonce for the client's next proof if it should change it; nil if it needs none or
  ///   may go on with its own.
  /// - Throws: `proofTooOld`, `proofTooNew`, `proofReplayed`, or `nonceNeeded` with a nonce.
  package mutating func take(
    _ proof: DPoPProof, at now: UnixMilliseconds
  ) throws(ProofRefusal) -> String? {
    self.advance(to: now)
    let age = now.milliseconds(since: proof.issuedAt)
    guard age <= UInt64(self.policy.maximumAgeSeconds) * 1_000 else {
      throw ProofRefusal(.proofTooOld)
    }
    guard proof.issuedAt <= now.adding(seconds: self.policy.maximumLeadSeconds) else {
      throw ProofRefusal(.proofTooNew)
    }
    var next: String?
    if let nonce = proof.nonce {
      switch self.nonces.standing(of: nonce, at: now) {
      case .unknown: throw self.nonceNeeded(at: now)
      case .ageing: next = self.nonces.nonce(at: now)
      case .fresh: break
      }
    } else if self.policy.requiresNonce || proof.issuedAt <= self.latestForgotten {
      throw self.nonceNeeded(at: now)
    }
    let id = proof.ledgerID
    guard !self.present.proofs.contains(id), !self.former.proofs.contains(id) else {
      throw ProofRefusal(.proofReplayed)
    }
    if self.present.proofs.count >= self.capacity {
      // Too early: what the former span still holds could be used again, with its nonces too.
      self.nonces.dropAll()
      self.turn(at: now)
    }
    self.present.proofs.insert(id)
    self.present.latestIssue = max(self.present.latestIssue, proof.issuedAt)
    return next
  }

  private func nonceNeeded(at now: UnixMilliseconds) -> ProofRefusal {
    ProofRefusal(.nonceNeeded, nonce: self.nonces.nonce(at: now))
  }

  private mutating func advance(to now: UnixMilliseconds) {
    if now.value < self.latest.value, self.latest.value - now.value > Self.disorderMilliseconds {
      // The clock was set back: proofs and nonces that had died are young again.
      self.nonces.dropAll()
      self.presentSince = now
      self.latestForgotten = max(
        self.latestForgotten, self.present.latestIssue, self.former.latestIssue)
      self.latest = now
      return
    }
    self.latest = max(self.latest, now)
    let lifeMilliseconds =
      (UInt64(self.policy.maximumAgeSeconds) + UInt64(self.policy.maximumLeadSeconds)) * 1_000
      + Self.disorderMilliseconds
    if now.milliseconds(since: self.presentSince) > lifeMilliseconds { self.turn(at: now) }
  }

  /// Begins a new span, and forgets the one before the present one.
  private mutating func turn(at now: UnixMilliseconds) {
    self.latestForgotten = max(self.latestForgotten, self.former.latestIssue)
    self.former = self.present
    self.present = Span()
    self.presentSince = now
  }
}

extension DPoPProof {
  fileprivate var ledgerID: FixedBytes<16> {
    let hash = TokenHash(of: self.keyThumbprint.bytes + self.id).digest
    return hash.withUnsafeBytes { $0.loadUnaligned(as: FixedBytes<16>.self) }
  }
}
