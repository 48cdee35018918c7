import CloudCore
import DeviceProtocol
import Synchronization

/// The cloud's one ledger of proofs, which all requests share. It begins with the first proof: by
/// then the clock is the cloud's own, as operators have set it before the start.
final class ProofDesk: Sendable {
  private let policy: DPoPPolicy
  private let isContinuing: Bool
  private let ledger = Mutex<ProofLedger?>(nil)

  /// - Parameter isContinuing: As `ProofLedger` has it.
  init(policy: DPoPPolicy, isContinuing: Bool) {
    self.policy = policy
    self.isContinuing = isContinuing
  }

  /// As `ProofLedger.take`.
  func take(_ proof: DPoPProof, at now: UnixMilliseconds) throws(ProofRefusal) -> String? {
    let taken = self.ledger.withLock { present -> Result<String?, ProofRefusal> in
      var random = SystemRandomNumberGenerator()
      var ledger =
        present
        ?? ProofLedger(
          policy: self.policy, isContinuing: self.isContinuing, at: now, random: &random)
      // Given up, so that what follows changes it in place.
      present = nil
      defer { present = ledger }
      do throws(ProofRefusal) {
        return .success(try ledger.take(proof, at: now))
      } catch {
        return .failure(error)
      }
    }
    return try taken.get()
  }
}
