/// What an operator orders: which requests, which of them in turn, and what becomes of them;
/// `docs/faults.md`.
package struct FaultSpecification: Equatable, Sendable {
  package var match = FaultMatch()
  package var turn = FaultTurn()
  package var phase: FaultPhase
  package var action: FaultAction
  /// Waited before the action; with `slow`, before the rest of the response.
  package var delayMilliseconds: UInt32 = 0
  /// Of the response, as bytes of HTTP; as fast as it goes when nil.
  package var bytesPerSecond: UInt32?

  package init(phase: FaultPhase, action: FaultAction) {
    self.phase = phase
    self.action = action
  }
}

/// Whom a fault strikes: whoever fits all that is not nil.
package struct FaultMatch: Equatable, Sendable {
  package var endpoint: FaultEndpoint?
  package var grant: GrantName?
  package var clientID: String?
  package var kind: ClientKind?
  package var device: DeviceID?
  package var accountEmail: EmailAddress?
  /// The peer's, without its port.
  package var address: String?
  /// What the peer asks for in the TLS handshake (RFC 6066 §3), lower case; only of a connection.
  package var serverName: String?

  package init() {}
}

/// Which of the requests that match are struck.
package struct FaultTurn: Equatable, Sendable {
  /// How many go unharmed first.
  package var skip: UInt64 = 0
  /// How many are struck; all when nil.
  package var count: UInt64? = 1
  /// After those skipped, the first of every so many.
  package var every: UInt64 = 1
  /// Of those whose turn it is, as a share of one.
  package var probability: Double = 1
  /// Decides which; the same seed, the same ones. The rule's id when nil.
  package var seed: UInt64?

  package init() {}
}

/// When a fault strikes.
package enum FaultPhase: Equatable, Sendable {
  /// A connection, while its TLS is made.
  case handshake
  /// Nothing happens.
  case beforeCommit
  /// It happens, and the client never hears of it.
  case afterCommit
  /// It happens, and the client gets exactly so many bytes of the response, as HTTP/1.1 before TLS:
  /// its head and its body.
  case afterByte(UInt64)

  /// As in `FAULT`.
  package var word: String {
    switch self {
    case .handshake: "handshake"
    case .beforeCommit: "before_commit"
    case .afterCommit: "after_commit"
    case .afterByte: "after_byte"
    }
  }
}

package enum FaultAction: Equatable, Sendable {
  /// The delay and the bandwidth alone.
  case slow
  /// The connection ends with a FIN; TLS says that it does (`close_notify`) or not.
  case close(tellsTLS: Bool)
  /// The connection ends with a TCP RST.
  case reset
  /// Another answer.
  case status(FaultAnswer)
  /// An answer that can't be read.
  case malformed(FaultMalformation)
  /// The handshake presents a certificate that a client must refuse.
  case certificate(WrongCertificate)

  package var word: String {
    switch self {
    case .slow: "slow"
    case .close: "close"
    case .reset: "reset"
    case .status: "status"
    case .malformed: "malformed"
    case .certificate: "certificate"
    }
  }
}

/// The answer that a fault gives instead.
package struct FaultAnswer: Equatable, Sendable {
  package struct Header: Equatable, Sendable {
    package let name: String
    package let value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package let status: Int
  package let headers: [Header]
  /// Nil: an error body that goes with the status.
  package let body: String?

  package init(status: Int, headers: [Header] = [], body: String? = nil) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// How the body of a response is spoilt; its status stays.
package enum FaultMalformation: String, Equatable, Sendable, CaseIterable, Codable {
  /// The first half of the JSON.
  case truncated
  case notJSON = "not_json"
  /// JSON whose members have other types.
  case wrongType = "wrong_type"
  case empty
}

/// What is wrong with a certificate.
package enum WrongCertificate: String, Equatable, Sendable, CaseIterable, Codable {
  /// Of the right authority and for the right name, and its time is over.
  case expired
  /// Of the right authority, for a name that is not the cloud's.
  case otherHost = "other_host"
  /// For the right name, of an authority that nobody trusts.
  case unknownAuthority = "unknown_ca"
}
