package import DeviceProtocol

/// Something that happened to a session. Holds no token, and nothing that one could be made of.
package struct SessionEvent: Equatable, Sendable {
  package enum Word: String, Sendable, CaseIterable {
    case login, pairing, relink
    /// A new refresh token in the place of the one that was presented.
    case rotation
    /// The same successor was given again.
    case repetition = "repeat"
    /// Another successor was given for the same token (`grace`).
    case anotherSuccessor = "another_successor"
    /// The same refresh token stays (`reusable`).
    case reuse
    /// A token was presented that had been replaced.
    case replay
    /// Its access tokens were let expire by an operator.
    case accessExpired = "access_expired"
    case end
  }

  package let at: UnixMilliseconds
  package let word: Word
  /// Of the token that was presented; of a login's, the first.
  package let generation: UInt64
  package let origin: EventOrigin
  /// Of an end: how.
  package let end: SessionEnd?

  package init(
    at: UnixMilliseconds, word: Word, generation: UInt64, origin: EventOrigin,
    end: SessionEnd? = nil
  ) {
    self.at = at
    self.word = word
    self.generation = generation
    self.origin = origin
    self.end = end
  }
}

/// Who caused it.
package enum EventOrigin: Equatable, Sendable {
  case client(RemoteAddress, certificate: Bytes32?)
  case `operator`
}

package struct HistoryEntry: Equatable, Sendable {
  /// From 1 in each session; numbers that are missing were dropped.
  package let number: UInt64
  package let event: SessionEvent

  package init(number: UInt64, event: SessionEvent) {
    self.number = number
    self.event = event
  }
}

/// The refresh token that a client presented, if it was genuine.
package struct PresentedToken: Equatable, Sendable {
  package let session: SessionID
  package let kind: ClientKind
  package let account: AccountID
  package let device: DeviceID?
  package let generation: UInt64
}
