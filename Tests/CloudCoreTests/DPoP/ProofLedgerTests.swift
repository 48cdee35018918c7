import DeviceProtocol
import TestSupport
import Testing

@testable import CloudCore

struct ProofLedgerTests {
  private let maker = ProofMaker()
  private let start = UnixMilliseconds(1_577_352_060_000)
  private let uri = "https://lab.test/oauth/token"

  private func ledger(
    requiresNonce: Bool = false, isContinuing: Bool = false, capacity: Int = 1_000
  ) -> ProofLedger {
    var policy = DPoPPolicy()
    policy.requiresNonce = requiresNonce
    var random = SeededGenerator(seed: 1)
    return ProofLedger(
      policy: policy, isContinuing: isContinuing, at: self.start, capacity: capacity,
      random: &random)
  }

  private func proof(
    at time: UnixMilliseconds, id: String? = nil, nonce: String? = nil, by maker: ProofMaker? = nil
  ) throws -> DPoPProof {
    try DPoPProof(
      headers: [(maker ?? self.maker).proof("POST", self.uri, at: time, id: id, nonce: nonce)],
      for: ProofTarget(method: "POST", uri: self.uri, accessToken: nil))
  }

  private func refusal(
    of proof: DPoPProof, by ledger: inout ProofLedger, at now: UnixMilliseconds
  ) -> ProofRefusal? {
    do {
      _ = try ledger.take(proof, at: now)
      return nil
    } catch {
      return error
    }
  }

  private func after(_ seconds: UInt64) -> UnixMilliseconds {
    UnixMilliseconds(self.start.value + seconds * 1_000)
  }

  @Test func `a proof is taken once`() throws {
    var ledger = self.ledger()
    let proof = try self.proof(at: self.start, id: "one")
    #expect(self.refusal(of: proof, by: &ledger, at: self.start) == nil)
    #expect(self.refusal(of: proof, by: &ledger, at: self.start)?.reason == .proofReplayed)
    // Signed again, with another time: the same identifier all the same.
    let again = try self.proof(at: self.after(5), id: "one")
    #expect(self.refusal(of: again, by: &ledger, at: self.after(5))?.reason == .proofReplayed)
    let two = try self.proof(at: self.start, id: "two")
    #expect(self.refusal(of: two, by: &ledger, at: self.after(5)) == nil)
    // Another client may have chosen the same identifier.
    let other = try self.proof(at: self.start, id: "one", by: ProofMaker())
    #expect(self.refusal(of: other, by: &ledger, at: self.after(5)) == nil)
  }

  @Test(
    arguments: [
      (0, nil), (60, nil), (61, .proofTooOld), (86_400, .proofTooOld), (-10, nil),
      (-11, .proofTooNew), (-86_400, .proofTooNew),
    ] as [(Int64, ProofRefusal.Reason?)])
  func `a proof is good about the time of the cloud's clock`(
    ageSeconds: Int64, reason: ProofRefusal.Reason?
  ) throws {
    var ledger = self.ledger()
    let issued = UnixMilliseconds(UInt64(Int64(self.start.value) - ageSeconds * 1_000))
    let proof = try self.proof(at: issued)
    #expect(self.refusal(of: proof, by: &ledger, at: self.start)?.reason == reason)
  }

  /// Whenever it comes again while its time is good, and however much came between.
  @Test func `no moment lets a replay through`() throws {
    for second in UInt64(0)...75 {
      var ledger = self.ledger()
      // The proof comes late in a span of the ledger, as early as its time allows.
      let taken = self.after(40)
      let proof = try self.proof(at: self.after(50), id: "one")
      #expect(self.refusal(of: proof, by: &ledger, at: taken) == nil)
      for step in UInt64(0)...second {
        let filler = try self.proof(at: self.after(40 + step))
        #expect(self.refusal(of: filler, by: &ledger, at: self.after(40 + step)) == nil)
      }
      #expect(self.refusal(of: proof, by: &ledger, at: self.after(40 + second)) != nil)
    }
  }

  @Test func `what it remembers is bounded, and what it forgets is not taken again`() throws {
    var ledger = self.ledger(capacity: 10)
    var proofs: [DPoPProof] = []
    var nonce: String?
    for _ in 0..<100 {
      var proof = try self.proof(at: self.start, nonce: nonce)
      if let refusal = self.refusal(of: proof, by: &ledger, at: self.start) {
        // An honest client tries again with the nonce.
        #expect(refusal.reason == .nonceNeeded)
        nonce = refusal.nonce
        proof = try self.proof(at: self.start, nonce: nonce)
        #expect(self.refusal(of: proof, by: &ledger, at: self.start) == nil)
      }
      proofs.append(proof)
    }
    for proof in proofs {
      #expect(self.refusal(of: proof, by: &ledger, at: self.start) != nil)
    }
  }

  @Test func `after a restart what was used before is not taken again`() throws {
    var before = self.ledger()
    let used = try [self.start, self.after(10)].map { try self.proof(at: $0) }
    for proof in used { #expect(self.refusal(of: proof, by: &before, at: self.start) == nil) }
    var after = self.ledger(isContinuing: true)
    for proof in used {
      #expect(self.refusal(of: proof, by: &after, at: self.start)?.reason == .nonceNeeded)
    }
    // An honest client shows the nonce; a while later it needs none.
    let refusal = self.refusal(of: try self.proof(at: self.start), by: &after, at: self.start)
    let nonce = try #require(refusal?.nonce)
    let second = try self.proof(at: self.start, nonce: nonce)
    #expect(self.refusal(of: second, by: &after, at: self.start) == nil)
    #expect(self.refusal(of: second, by: &after, at: self.start)?.reason == .proofReplayed)
    let later = try self.proof(at: self.after(11))
    #expect(self.refusal(of: later, by: &after, at: self.after(11)) == nil)
  }

  @Test func `a clock that is set back brings no proof back to life`() throws {
    var ledger = self.ledger()
    let bare = try self.proof(at: self.start)
    #expect(self.refusal(of: bare, by: &ledger, at: self.start) == nil)
    // An hour in which other proofs come.
    for minute in UInt64(1)...60 {
      let proof = try self.proof(at: self.after(minute * 60))
      #expect(self.refusal(of: proof, by: &ledger, at: self.after(minute * 60)) == nil)
    }
    #expect(self.refusal(of: bare, by: &ledger, at: self.start)?.reason == .nonceNeeded)
  }

  @Test func `with nonces each proof needs one of this run that is young`() throws {
    var ledger = self.ledger(requiresNonce: true)
    let bare = self.refusal(of: try self.proof(at: self.start), by: &ledger, at: self.start)
    #expect(bare?.reason == .nonceNeeded)
    #expect(bare?.error == "use_dpop_nonce")
    let nonce = try #require(bare?.nonce)
    func take(_ nonce: String, at now: UnixMilliseconds) throws -> ProofRefusal.Reason? {
      self.refusal(of: try self.proof(at: now, nonce: nonce), by: &ledger, at: now)?.reason
    }
    #expect(try take(nonce, at: self.start) == nil)
    #expect(try take(nonce, at: self.after(300)) == nil)
    #expect(try take(nonce, at: self.after(301)) == .nonceNeeded)
    #expect(try take("", at: self.start) == .nonceNeeded)
    #expect(try take("garbage", at: self.start) == .nonceNeeded)
    #expect(try take(String(nonce.dropLast()) + "A", at: self.after(301)) == .nonceNeeded)
    // Of a run with another key.
    var random = SeededGenerator(seed: 2)
    let foreign = ProofNonces(seconds: 300, random: &random).nonce(at: self.start)
    #expect(try take(foreign, at: self.start) == .nonceNeeded)
  }

  @Test func `a client is given its next nonce before its own is too old`() throws {
    var ledger = self.ledger(requiresNonce: true)
    let refusal = self.refusal(of: try self.proof(at: self.start), by: &ledger, at: self.start)
    let nonce = try #require(refusal?.nonce)
    #expect(
      try ledger.take(self.proof(at: self.after(150), nonce: nonce), at: self.after(150)) == nil)
    let next = try ledger.take(
      self.proof(at: self.after(151), nonce: nonce), at: self.after(151))
    let second = try #require(next)
    #expect(
      try ledger.take(self.proof(at: self.after(400), nonce: second), at: self.after(400)) != nil)
  }
}
