package import DeviceProtocol

/// What a token is and whether it lives, for an operator; of its secret nothing.
package struct TokenInspection: Equatable, Sendable {
  package enum State: String, Sendable {
    case alive, dead
    /// Made by other keys, or of another database.
    case unknown
  }

  /// One of the epochs that bind it.
  package struct Epoch: Equatable, Sendable {
    package let scope: RevocationScope
    package let minted: UInt64
    package let present: UInt64
  }

  package let kind: TokenPrefix
  package let shortened: String
  package let state: State
  /// The fixed word; nil while it is alive.
  package let reason: String?
  /// The same in a sentence, with what presenting it would do.
  package let explanation: String

  package internal(set) var issuedAt: UnixMilliseconds?
  package internal(set) var expiresAt: UnixMilliseconds?
  package internal(set) var clientID: String?
  package internal(set) var account: AccountID?
  package internal(set) var device: DeviceID?
  package internal(set) var session: SessionID?
  package internal(set) var sessionEnd: SessionEnd?
  package internal(set) var generation: UInt64?
  /// Of the session now.
  package internal(set) var sessionGeneration: UInt64?
  /// Of a refresh token: `live`, `previous`, `replaced`, `superseded` or `newer`.
  package internal(set) var standing: String?
  package internal(set) var epochs: [Epoch] = []
  /// What killed it.
  package internal(set) var logout: LogoutRecord?

  init(
    _ kind: TokenPrefix, _ token: Secret, _ state: State, reason: String? = nil,
    _ explanation: String
  ) {
    self.kind = kind
    self.shortened = TokenScanner.shortened(Array(token.text.utf8))
    self.state = state
    self.reason = reason
    self.explanation = explanation
  }
}

extension TokenPrefix {
  /// As in `authorization_code`.
  package var word: String {
    "\(self)".reduce(into: "") { word, character in
      word += character.isUppercase ? "_\(character.lowercased())" : "\(character)"
    }
  }
}
