/// What a listener serves, as far as faults need to know.
package struct FaultRoute: Equatable, Sendable {
  package let method: String
  /// With names in braces for what varies.
  package let path: String

  package init(method: String, path: String) {
    self.method = method
    self.path = path
  }

  /// Whether a request with this path comes to the route, to which empty segments are nothing.
  package func isServed(at path: String) -> Bool {
    let (own, given) = (self.path.split(separator: "/"), path.split(separator: "/"))
    return own.count == given.count && zip(own, given).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }
}

extension FaultSpecification {
  package static let longestDelayMilliseconds: UInt32 = 600_000
  package static let largestBodyByteCount = 32 * 1_024
  package static let tokenRoute = FaultRoute(method: "POST", path: "/oauth/token")

  /// Refuses what could never strike, and what can't be done.
  ///
  /// - Parameters:
  ///   - routes: All that the public listener serves.
  ///   - clientIDs: All clients that there are.
  /// - Throws: `FaultProblem` that names the members.
  package func check(routes: [FaultRoute], clientIDs: [String]) throws(FaultProblem) {
    try self.checkTurn()
    if self.delayMilliseconds > Self.longestDelayMilliseconds {
      throw FaultProblem("member 'delay_ms' is over \(Self.longestDelayMilliseconds)")
    }
    if self.bytesPerSecond == 0 { throw FaultProblem("member 'bandwidth' is 0: use 'close'") }
    try self.checkAction()
    if self.phase == .handshake {
      try self.checkConnectionMatch()
    } else {
      try self.checkRequestMatch(routes: routes, clientIDs: clientIDs)
    }
  }

  private func checkTurn() throws(FaultProblem) {
    if self.turn.count == 0 { throw FaultProblem("member 'count' is 0: it could never strike") }
    if self.turn.every == 0 { throw FaultProblem("member 'every' is 0; 1 is each request") }
    let probability = self.turn.probability
    guard probability > 0, probability <= 1 else {
      throw FaultProblem("member 'probability' must be over 0 and at most 1")
    }
  }

  private func checkAction() throws(FaultProblem) {
    switch (self.action, self.phase) {
    case (.certificate, .handshake): break
    case (.certificate, _), (_, .handshake):
      throw FaultProblem("a certificate is presented before any request: it has no 'phase'")
    case (.status, .afterByte), (.malformed, .afterByte):
      throw FaultProblem("action \(self.action.word) has the phase before_commit or after_commit")
    default: break
    }
    let isSlow = self.delayMilliseconds > 0 || self.bytesPerSecond != nil
    if self.action == .slow, !isSlow {
      throw FaultProblem("action slow needs 'delay_ms' or 'bandwidth'")
    }
    if case .certificate = self.action, isSlow {
      throw FaultProblem("'delay_ms' and 'bandwidth' do not go with 'certificate'")
    }
    if self.bytesPerSecond != nil, !self.hasResponse {
      throw FaultProblem("member 'bandwidth' needs a response: use the phase after_byte")
    }
    if case .status(let answer) = self.action { try answer.check() }
  }

  /// Whether any of a response is written.
  private var hasResponse: Bool {
    switch (self.action, self.phase) {
    case (.close, .beforeCommit), (.close, .afterCommit), (.reset, .beforeCommit),
      (.reset, .afterCommit):
      false
    default: true
    }
  }

  private func checkConnectionMatch() throws(FaultProblem) {
    let unknown = [
      (self.match.endpoint != nil, "endpoint"), (self.match.grant != nil, "grant"),
      (self.match.clientID != nil, "client"), (self.match.kind != nil, "kind"),
      (self.match.device != nil, "device_id"), (self.match.accountEmail != nil, "account_email"),
    ]
    for (isGiven, name) in unknown where isGiven {
      throw FaultProblem(
        "member '\(name)' is not known when a certificate is presented; match by 'address' and 'server_name'"
      )
    }
  }

  private func checkRequestMatch(
    routes: [FaultRoute], clientIDs: [String]
  ) throws(FaultProblem) {
    if self.match.serverName != nil {
      throw FaultProblem("member 'server_name' only goes with 'certificate'")
    }
    if let client = self.match.clientID, !clientIDs.contains(client) {
      throw FaultProblem("member 'client' names no client of this cloud")
    }
    guard let endpoint = self.match.endpoint else { return }
    guard routes.contains(where: { endpoint.covers($0) }) else {
      throw FaultProblem("member 'endpoint' is no route of the public listener")
    }
    if self.match.grant != nil, !endpoint.covers(Self.tokenRoute) {
      throw FaultProblem("member 'grant' only goes with the endpoint POST /oauth/token")
    }
  }
}

extension FaultAnswer {
  /// What the server says itself: how long the body is and what becomes of the connection.
  private static let ownHeaders = [
    "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "trailer", "te",
  ]

  fileprivate func check() throws(FaultProblem) {
    guard (200...599).contains(self.status) else {
      throw FaultProblem("member 'status' must be 200 to 599")
    }
    if let body = self.body {
      guard body.utf8.count <= FaultSpecification.largestBodyByteCount else {
        throw FaultProblem(
          "member 'body' is longer than \(FaultSpecification.largestBodyByteCount) bytes")
      }
      guard body.isEmpty || (self.status != 204 && self.status != 304) else {
        throw FaultProblem("member 'body' does not go with the status \(self.status)")
      }
    }
    guard self.headers.count <= 32 else {
      throw FaultProblem("member 'headers' has more than 32 of them")
    }
    for header in self.headers {
      guard (1...64).contains(header.name.utf8.count), header.name.utf8.allSatisfy(\.isToken) else {
        throw FaultProblem("member 'headers' has a name that is none (RFC 9110, section 5.1)")
      }
      guard !Self.ownHeaders.contains(header.name.lowercased()) else {
        throw FaultProblem("member 'headers' may not set '\(header.name)'")
      }
      guard header.value.utf8.count <= 1_024,
        header.value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
      else {
        throw FaultProblem(
          "the header '\(header.name)' must be printable ASCII, at most 1024 bytes")
      }
    }
  }
}

extension UInt8 {
  /// Of a token (RFC 9110 §5.6.2).
  fileprivate var isToken: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
  }
}
