import Crypto
package import DeviceProtocol

/// An event as a Security Event Token (RFC 8417) of CAEP's type `session-revoked`, to be signed.
package struct SecurityEventToken: Equatable, Sendable {
  /// `typ` of its header (RFC 8417 §2.3).
  package static let type = "secevent+jwt"
  private static let eventType: StaticString =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked"

  /// `jti`: the same each time that the event is sent to this receiver.
  package let id: String
  package let claims: JSONValue

  package init(_ numbered: NumberedSecurityEvent, for receiver: Receiver, issuer: String) {
    let event = numbered.event
    self.id = numbered.token(for: receiver.id)
    let seconds = JSONValue.integer(Int64(clamping: event.at.value / 1_000))
    var details: [JSONMember] = [
      JSONMember("event_timestamp", seconds),
      JSONMember("initiating_entity", .text(event.initiator.rawValue)),
    ]
    if !event.reason.isEmpty {
      let reason = JSONValue.object([JSONMember("en", .text(event.reason))])
      details.append(JSONMember("reason_admin", reason))
      details.append(JSONMember("reason_user", reason))
    }
    if let before = event.before {
      // Not of CAEP: which of the subject's tokens, by when they were minted.
      details.append(JSONMember("issued_before_ms", .integer(Int64(clamping: before.value))))
    }
    self.claims = .object([
      JSONMember("iss", .text(issuer)),
      JSONMember("jti", .text(self.id)),
      JSONMember("iat", seconds),
      JSONMember("aud", .text(receiver.audience)),
      JSONMember("txn", .text(numbered.name())),
      JSONMember("sub_id", Self.subject(of: event, issuer: issuer)),
      JSONMember("events", .object([JSONMember(Self.eventType, .object(details))])),
    ])
  }

  // MARK: Subjects (RFC 9493; `complex` of the Shared Signals Framework 1.0 §3.2)

  private static func subject(of event: SecurityEvent, issuer: String) -> JSONValue {
    let tenant = JSONMember("tenant", self.opaque(issuer))
    switch event.scope {
    case .everyone, .issuedBefore:
      // Of `issuedBefore` too all sessions: a member of the event says which of their tokens.
      return self.complex([tenant])
    case .kind(let kind):
      return self.complex([JSONMember("application", self.opaque(kind.rawValue)), tenant])
    case .region(let region):
      return self.complex([JSONMember("group", self.opaque(region.text)), tenant])
    case .account(let account):
      return self.user(account, issuer: issuer)
    case .device(let device):
      return self.complex(
        [
          event.account.map { JSONMember("user", self.user($0, issuer: issuer)) },
          JSONMember("device", self.opaque(device.text)),
        ].compactMap { $0 })
    case .session(let session):
      return self.complex(
        [
          event.account.map { JSONMember("user", self.user($0, issuer: issuer)) },
          event.device.map { JSONMember("device", self.opaque($0.text)) },
          JSONMember("session", self.opaque(session.text)),
        ].compactMap { $0 })
    }
  }

  private static func user(_ account: AccountID, issuer: String) -> JSONValue {
    .object([
      JSONMember("format", .text("iss_sub")),
      JSONMember("iss", .text(issuer)),
      JSONMember("sub", .text(account.text)),
    ])
  }

  private static func opaque(_ id: String) -> JSONValue {
    .object([JSONMember("format", .text("opaque")), JSONMember("id", .text(id))])
  }

  private static func complex(_ members: [JSONMember]) -> JSONValue {
    .object([JSONMember("format", .text("complex"))] + members)
  }
}

extension NumberedSecurityEvent {
  /// `jti` of the event's token for this receiver.
  func token(for receiver: ReceiverID) -> String { self.name(receiver.text) }

  /// `txn` without more, for all receivers. Of the event alone, so that it needs no place of its own
  /// in the database, and a copy that is restored sends what it sends under the same name.
  fileprivate func name(_ more: String...) -> String {
    let fields =
      [
        "\(self.number)", "\(self.event.at.value)", self.event.scope.word.rawValue,
        self.event.scope.target,
      ] + more
    let hash = SHA256.hash(data: Array(fields.joined(separator: "\n").utf8))
    return base64URLText(Array(hash.prefix(16)))
  }
}
