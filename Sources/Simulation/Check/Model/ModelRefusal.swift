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

  /// Why a session's tokens are dead; nil if they are not.
  func refusal(ofSession index: Int, status: Int) -> Refusal? {
    let session = self.sessions[index]
    guard !session.isAlive else { return nil }
    var refusal: Refusal
    switch (session.isLoggedOut, session.end) {
    case (true, _):
      refusal = Refusal(status, "logged_out", rule: 1, "it had been logged out")
      if session.end != nil { refusal.words.append("session_ended") }
    case (false, .replayed):
      refusal = Refusal(
        status, "session_ended", rule: 4, "a replay of a refresh token had ended its session")
    case (false, .unbound):
      refusal = Refusal(status, "session_ended", rule: 5, "the device had been unbound")
    case (false, .rebound):
      refusal = Refusal(status, "session_ended", rule: 5, "the device had got another owner")
    case (false, .replaced):
      refusal = Refusal(
        status, "session_ended", rule: 1, "the device had been given another session")
    case (false, .codeReplayed):
      refusal = Refusal(
        status, "session_ended", rule: 4, "a second use of its code had ended the session")
    case (false, _):
      refusal = Refusal(status, "session_ended", rule: 1, "its client had revoked it")
    }
    // A dead session is remembered for 90 days after its last rotation.
    if session.mayBeLost
      || Self.time(90 * 86_400_000, after: session.rotatedAt) < self.latestClock
    {
      refusal.words.append("token_unknown")
    }
    return refusal
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
