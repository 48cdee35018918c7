import CloudCore
import DeviceProtocol

/// Which requests are asked for: all its conditions hold.
struct RequestFilter: Sendable {
  /// In a query, and in `where` of an assertion.
  static let names: Set<String> = [
    "client", "kind", "account", "device", "session", "path", "method", "grant", "event", "status",
    "reason", "dead_token", "fault", "address",
  ]

  /// As in `client = relink-app and status = 4xx`, in a fixed order.
  let description: String
  private let conditions: [@Sendable (RequestRecord) -> Bool]

  func includes(_ record: RequestRecord) -> Bool { self.conditions.allSatisfy { $0(record) } }

  /// - Parameters:
  ///   - values: By the names above, and by no other.
  ///   - account: Of the value `account`; nil when there is none of that name.
  ///   - also: Another condition, which the description leaves to the caller.
  /// - Throws: `HTTPFailure.invalidRequest` for a value that no request can have.
  init(
    _ values: [String: String], account: AccountID?,
    also: (@Sendable (RequestRecord) -> Bool)? = nil
  ) throws(HTTPFailure) {
    var conditions: [@Sendable (RequestRecord) -> Bool] = also.map { [$0] } ?? []
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      conditions.append(try Self.condition(name, value, account: account))
    }
    self.conditions = conditions
    self.description = values.sorted { $0.key < $1.key }
      .map { "\($0.key) = \($0.value.escapedForAnswer)" }.joined(separator: " and ")
  }

  private static func condition(
    _ name: String, _ value: String, account: AccountID?
  ) throws(HTTPFailure) -> @Sendable (RequestRecord) -> Bool {
    switch name {
    case "client": return { $0.facts.client == value }
    case "kind":
      guard let kind = ClientKind(rawValue: value) else { throw .bad(name, "a kind of client") }
      return { $0.facts.kind == kind }
    case "account": return { account != nil && $0.facts.account == account }
    case "device":
      guard let id = DeviceID(value) else { throw .bad(name, "an id") }
      return { $0.facts.device == id }
    case "session":
      guard let id = SessionID(value) else { throw .bad(name, "an id") }
      return { $0.facts.session == id }
    case "path": return { $0.path == value }
    case "method": return { $0.method == value }
    case "grant":
      guard let grant = GrantName(rawValue: value) else { throw .bad(name, "a grant") }
      return { $0.facts.grant == grant }
    case "event":
      guard SessionEvent.Word(rawValue: value) != nil else { throw .bad(name, "an event") }
      return { $0.facts.event == value }
    case "status": return try self.status(value)
    case "reason": return { $0.reason == value }
    case "dead_token":
      guard let isDead = Bool(value) else { throw .bad(name, "true or false") }
      return { $0.facts.isTokenDead == isDead }
    case "fault":
      guard let struck = Bool(value) else { throw .bad(name, "true or false") }
      return { ($0.facts.fault != nil) == struck }
    case "address": return { $0.address == value }
    default: throw .invalidRequest("there is no condition '\(name.escapedForAnswer)'")
    }
  }

  /// As in `401` and `4xx`.
  private static func status(
    _ value: String
  ) throws(HTTPFailure) -> @Sendable (RequestRecord) -> Bool {
    if value.count == 3, value.hasSuffix("xx"), let hundreds = Int(value.prefix(1)),
      (1...5).contains(hundreds)
    {
      return { $0.status.map { $0 / 100 == hundreds } ?? false }
    }
    guard let number = Int(value), (100...599).contains(number) else {
      throw .bad("status", "a status such as 401, or 4xx")
    }
    return { $0.status == number }
  }
}

extension HTTPFailure {
  fileprivate static func bad(_ name: String, _ expected: String) -> HTTPFailure {
    .invalidRequest("'\(name)' must be \(expected)")
  }
}
