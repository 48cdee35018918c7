import CloudCore
import DeviceProtocol

/// Which requests are asked for: all its conditions hold.
struct RequestFilter: Sendable {
  /// In a query, and in `where` of an assertion.
  static let names: Set<String> = [
    "client", "kind", "account", "device", "session", "path", "method", "grant", "event", "status",
    "reason", "dead_token", "fault", "address",
  ]

  /// What requests can be about; a condition on anything else is a typing error that would make a claim
  /// hold whatever happens.
  struct Known: Sendable {
    let clients: Set<String>
    /// Of the public listener, with names in braces for what varies.
    let paths: Set<String>
  }

  /// Each word that a refusal on the public listener can have: its `reason`, else its `error`.
  static let reasons: Set<String> = Set(
    ErrorReason.allCases.map { "\($0.text)" } + ErrorCode.allCases.map { "\($0.text)" }
      + GrantRefusal.Reason.allCases.map(\.rawValue)
      + GrantRefusal.Code.allCases.map(\.rawValue) + ProofRefusal.Reason.allCases.map(\.rawValue)
      + ["server_error"])

  /// RFC 9110 §9.3, RFC 5789.
  private static let methods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
  ]

  /// As in `client = relink-app and status = 4xx`, in a fixed order.
  let description: String
  private let conditions: [@Sendable (RequestRecord) -> Bool]

  func includes(_ record: RequestRecord) -> Bool { self.conditions.allSatisfy { $0(record) } }

  /// - Parameters:
  ///   - values: By the names above, and by no other.
  ///   - account: Of the value `account`.
  ///   - also: Another condition, which the description leaves to the caller.
  /// - Throws: `HTTPFailure.invalidRequest` for a value that no request can have.
  init(
    _ values: [String: String], account: AccountID?, known: Known,
    also: (@Sendable (RequestRecord) -> Bool)? = nil
  ) throws(HTTPFailure) {
    var conditions: [@Sendable (RequestRecord) -> Bool] = also.map { [$0] } ?? []
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      conditions.append(try Self.condition(name, value, account: account, known: known))
    }
    self.conditions = conditions
    self.description = values.sorted { $0.key < $1.key }
      .map { "\($0.key) = \($0.value.escapedForAnswer)" }.joined(separator: " and ")
  }

  private static func condition(
    _ name: String, _ value: String, account: AccountID?, known: Known
  ) throws(HTTPFailure) -> @Sendable (RequestRecord) -> Bool {
    switch name {
    case "client":
      guard known.clients.contains(value) else {
        throw .unknown("client of this cloud", value, reason: .unknownClient)
      }
      return { $0.facts.client == value }
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
    case "path":
      guard known.paths.contains(value) else {
        throw .unknown("route of the public listener, such as /v1/devices/{id}", value)
      }
      return { $0.path == value }
    case "method":
      guard self.methods.contains(value) else { throw .unknown("method of HTTP", value) }
      return { $0.method == value }
    case "grant":
      guard let grant = GrantName(rawValue: value) else { throw .bad(name, "a grant") }
      return { $0.facts.grant == grant }
    case "event":
      guard SessionEvent.Word(rawValue: value) != nil else { throw .bad(name, "an event") }
      return { $0.facts.event == value }
    case "status": return try self.status(value)
    case "reason":
      guard self.reasons.contains(value) else { throw .unknown("reason of a refusal", value) }
      return { $0.reason == value }
    case "dead_token":
      guard let isDead = Bool(value) else { throw .bad(name, "true or false") }
      return { $0.facts.isTokenDead == isDead }
    case "fault":
      guard let struck = Bool(value) else { throw .bad(name, "true or false") }
      return { ($0.facts.fault != nil) == struck }
    case "address":
      guard let address = value.asIPAddress else { throw .bad(name, "an IP address") }
      return { $0.address == address }
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

  fileprivate static func unknown(
    _ what: String, _ value: String, reason: OperatorRefusal.Reason? = nil
  ) -> HTTPFailure {
    let text = "'\(value.escapedForAnswer)' is no \(what)"
    return reason.map { operatorRefused(.badRequest($0, text)) } ?? .invalidRequest(text)
  }
}
