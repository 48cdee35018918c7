import CloudCore
import DeviceProtocol

extension Model {
  /// A refusal that the documents demand.
  struct Refusal {
    let status: Int
    /// The fixed words that are right. More than one when several causes meet, since the documents do
    /// not say which of them is named.
    var words: [String]
    /// Of "Always true": what is broken when it is not refused like that.
    let rule: Int
    /// As in "… although it was logged out".
    let cause: String

    init(_ status: Int, _ words: String..., rule: Int, _ cause: String) {
      self.status = status
      self.words = words
      self.rule = rule
      self.cause = cause
    }

    static func invalidClient(_ cause: String) -> Refusal {
      Refusal(401, "invalid_client", rule: 1, cause)
    }
  }

  /// Why a token of a session is dead, whatever the policy says of the session's age; nil if it is
  /// not.
  ///
  /// - Parameters:
  ///   - status: 401 of an access token, 400 of a refresh token.
  ///   - isCutOff: Whether a logout by time hit the token.
  func refusal(ofSession index: Int, status: Int, isCutOff: Bool) -> Refusal? {
    let session = self.sessions[index]
    // Where refresh tokens alone were ended, access tokens live on.
    let end = session.end == .spent && status == 401 ? nil : session.end
    guard session.isLoggedOut || isCutOff || end != nil else { return nil }
    var refusal: Refusal
    if session.isLoggedOut || isCutOff {
      refusal = Refusal(status, "logged_out", rule: 1, "it had been logged out")
      if end != nil { refusal.words.append("session_ended") }
    } else {
      refusal = Refusal(status, "session_ended", rule: end?.rule ?? 1, end?.cause ?? "")
    }
    // A dead session is remembered for 90 days after its last rotation.
    if session.mayBeLost
      || Self.time(90 * 86_400_000, after: session.rotatedAt) < self.latestClock
    {
      refusal.words.append("token_unknown")
    }
    return refusal
  }

  /// Whether the cloud does not know a session that it may have forgotten.
  func isForgotten(_ index: Int, by answer: ObservedAnswer) -> Bool {
    guard self.sessions[index].mayBeLost, case .refused(_, "token_unknown") = answer else {
      return false
    }
    return true
  }

  /// Throws unless the answer is this refusal.
  func require(
    _ refusal: Refusal, _ answer: ObservedAnswer, to subject: @autoclosure () -> String,
    concerns: @autoclosure () -> [String]
  ) throws(Violation) {
    guard case .refused(let status, let word) = answer else {
      throw Violation(
        rule: refusal.rule, seen: "\(subject()) was accepted although \(refusal.cause)",
        concerns: concerns())
    }
    guard status == refusal.status, refusal.words.contains(word) else {
      throw Violation(
        rule: refusal.rule,
        seen: "\(subject()) was refused with \(status) \(word) instead of \(refusal.status) "
          + "\(refusal.words.joined(separator: " or ")), although \(refusal.cause)",
        concerns: concerns())
    }
  }

  /// The answer is none that there is to this request.
  func mismatch(
    _ answer: ObservedAnswer, to subject: String, rule: Int, concerns: [String]
  ) -> Violation {
    let seen =
      if case .refused(let status, let word) = answer {
        "\(subject) was refused with \(status) \(word), although nothing spoke against it"
      } else {
        "\(subject) was answered with something else than was asked for"
      }
    return Violation(rule: rule, seen: seen, concerns: concerns)
  }

  // MARK: Names

  func email(_ account: AccountID) -> String { self.accounts[account]?.email ?? account.text }

  /// As in "the refresh token of …".
  func name(ofSession index: Int) -> String {
    let session = self.sessions[index]
    return session.device?.text ?? "the app of \(self.email(session.account))"
  }

  func concerns(ofSession index: Int) -> [String] {
    let session = self.sessions[index]
    return [session.device?.text, self.email(session.account)].compactMap { $0 }
  }

  /// The rule that is broken when somebody alive is refused: an honest client is never logged out (3),
  /// and a replay must harm no other (4).
  func ruleWhenThrownOut(_ account: AccountID, by answer: ObservedAnswer) -> Int {
    switch answer {
    case .refused(_, "session_ended"), .refused(_, "logged_out"):
      return self.accounts[account]?.sawReplay == true ? 4 : 3
    default: return 3
    }
  }
}

extension Model.End {
  /// Of "Always true", when a token of such a session is accepted.
  fileprivate var rule: Int {
    switch self {
    case .replayed, .spent, .codeReplayed: 4
    case .unbound, .rebound: 5
    case .replaced, .revoked: 1
    }
  }

  fileprivate var cause: String {
    switch self {
    case .replayed: "a replay of a refresh token had ended its session"
    case .spent: "a replay of a refresh token had ended its session's refresh tokens"
    case .codeReplayed: "a second use of its code had ended the session"
    case .unbound: "the device had been unbound"
    case .rebound: "the device had got another owner"
    case .replaced: "the device had been given another session"
    case .revoked: "its client had revoked it"
    }
  }
}
