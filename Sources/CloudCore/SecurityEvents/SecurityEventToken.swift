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
    self.id = Self.id(of: numbered, for: receiver.id)
    let seconds = JSONValue.integer(Int64(clamping: event.at.value / 1_000))
    var details: [JSONMember] = [
      JSONMember("event_timestamp", seconds),
      JSONMember("initiating_entity", .text(event.initiator.literal)),
    ]
    if !event.reason.isEmpty {
      let reason = JSONValue.object([JSONMember("en", .string(Array(event.reason.utf8)))])
      details.append(JSONMember("reason_admin", reason))
      details.append(JSONMember("reason_user", reason))
    }
    if let before = event.before {
      // Not of CAEP: which of the subject's sessions, by when their tokens were minted.
      details.append(
        JSONMember("issued_before_ms", .integer(Int64(clamping: before.value))))
    }
    self.claims = .object([
      JSONMember("iss", .string(Array(issuer.utf8))),
      JSONMember("jti", .string(Array(self.id.utf8))),
      JSONMember("iat", seconds),
      JSONMember("aud", .string(Array(receiver.audience.utf8))),
      JSONMember("sub_id", Self.subject(of: event, issuer: issuer)),
      JSONMember("events", .object([JSONMember(Self.eventType, .object(details))])),
    ])
  }

  /// Of the event and the receiver alone, so that it needs no place of its own in the database, and
  /// a copy that is restored sends what it sends under the same name.
  private static func id(of numbered: NumberedSecurityEvent, for receiver: ReceiverID) -> String {
    let event = numbered.event
    let fields = [
      "\(numbered.number)", "\(event.at.value)", event.scope.word.rawValue, event.scope.target,
      receiver.text,
    ]
    let hash = SHA256.hash(data: Array(fields.joined(separator: "\n").utf8))
    return String(decoding: Base64URL.encode(Array(hash.prefix(16))), as: UTF8.self)
  }

  // MARK: Subjects (RFC 9493; `complex` of the Shared Signals Framework 1.0 §3.2)

  private static func subject(of event: SecurityEvent, issuer: String) -> JSONValue {
    let tenant = JSONMember("tenant", self.opaque(issuer))
    switch event.scope {
    case .everyone:
      return self.complex([tenant])
    case .kind(let kind):
      return self.complex([JSONMember("application", self.opaque(kind.rawValue)), tenant])
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
      JSONMember("iss", .string(Array(issuer.utf8))),
      JSONMember("sub", .string(Array(account.text.utf8))),
    ])
  }

  private static func opaque(_ id: String) -> JSONValue {
    .object([JSONMember("format", .text("opaque")), JSONMember("id", .string(Array(id.utf8)))])
  }

  private static func complex(_ members: [JSONMember]) -> JSONValue {
    .object([JSONMember("format", .text("complex"))] + members)
  }
}

extension SecurityEvent.Initiator {
  fileprivate var literal: StaticString {
    switch self {
    case .admin: "admin"
    case .user: "user"
    case .policy: "policy"
    case .system: "system"
    }
  }
}
