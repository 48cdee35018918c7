import CloudCore
import Synchronization

/// What is learned of one request on its way, for the journal.
package final class RequestNote: Sendable {
  struct Facts: Sendable {
    /// As in `/v1/devices/{id}`; nil when there is no such route.
    var route: String?
    /// Only one that this cloud knows: whatever else was sent may be anything.
    var client: String?
    var kind: ClientKind?
    var account: AccountID?
    var device: DeviceID?
    var session: SessionID?
    /// Of the token that was presented; of a login's, the one that was given.
    var generation: UInt64?
    var grant: GrantName?
    /// What it did to a session.
    var event: String?
    /// Nil when no token was presented.
    var isTokenDead: Bool?
    /// Why it was refused.
    var reason: String?
    /// The id of the fault that struck.
    var fault: String?
    /// Nobody got the answer.
    var isCut = false
  }

  private let facts = Mutex(Facts())

  func add(_ body: (inout Facts) -> Void) { self.facts.withLock { body(&$0) } }
  var all: Facts { self.facts.withLock { $0 } }

  /// Whose token was presented, dead or alive.
  func add(_ presented: PresentedToken) {
    self.add { facts in
      facts.kind = presented.kind
      facts.account = presented.account
      facts.device = presented.device
      facts.session = presented.session
      facts.generation = presented.generation
    }
  }

  /// A token that was presented, as an operator would have it explained: whether it is dead, not
  /// whether whoever showed it was the right one.
  func add(_ inspection: TokenInspection, kind: ClientKind?) {
    self.add { facts in
      facts.isTokenDead = inspection.state != .alive
      guard let session = inspection.session else { return }
      facts.session = session
      facts.generation = inspection.generation
      facts.account = inspection.account ?? facts.account
      facts.device = inspection.device ?? facts.device
      facts.kind = facts.kind ?? kind
    }
  }

  /// What came of a token request. A refused refresh token is looked at by itself.
  func add(_ outcome: TokenOutcome, of grant: GrantName) {
    self.add { facts in
      facts.grant = grant
      facts.event = outcome.use?.rawValue
    }
    switch outcome.answer {
    case .granted(let tokens):
      self.add { facts in
        facts.account = tokens.account
        facts.device = tokens.device
        facts.session = tokens.session
        facts.generation = tokens.generation
        if grant == .refreshToken { facts.isTokenDead = false }
        facts.event =
          switch grant {
          case .refreshToken: facts.event
          case .authorizationCode, .deviceCode: SessionEvent.Word.login.rawValue
          case .pairing: SessionEvent.Word.pairing.rawValue
          case .relink: SessionEvent.Word.relink.rawValue
          }
      }
    case .refused: break
    }
    if let presented = outcome.presented { self.add(presented) }
  }
}
