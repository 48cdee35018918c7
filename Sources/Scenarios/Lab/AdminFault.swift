/// FAULT of `docs/faults.md`: what is not said is nil. The cloud checks it.
package struct AdminFault: Codable, Equatable, Sendable {
  package var id: Int?
  package var endpoint: String?
  package var grant: String?
  package var client: String?
  package var kind: String?
  package var deviceId: String?
  package var accountEmail: String?
  package var address: String?
  package var serverName: String?

  package var skip: Int?
  package var count: Int?
  package var every: Int?
  package var probability: Double?
  package var seed: UInt64?

  package var phase: String?
  package var afterByte: Int?
  package var delayMs: Int?
  package var bandwidth: Int?

  package var action: String?
  package var tlsClose: Bool?
  package var status: Int?
  package var headers: [String: String]?
  package var body: String?
  package var malformed: String?
  package var certificate: String?

  package var matched: Int?
  package var fired: Int?

  package init() {}
}

extension AdminFault {
  /// In a line, for people.
  package var summary: String {
    let what: String =
      switch self.action {
      case "status": "status \(self.status ?? 0)"
      case "malformed": "body \(self.malformed ?? "")"
      case "certificate": "certificate \(self.certificate ?? "")"
      case "close": self.tlsClose == true ? "close with a goodbye" : "close"
      case let action?: action
      case nil: "close"
      }
    let when =
      self.afterByte.map { "after byte \($0)" } ?? self.phase?.replacing("_", with: " ")
    let whom = [
      self.endpoint, self.grant, self.client, self.kind, self.deviceId, self.accountEmail,
      self.address, self.serverName,
    ].compactMap { $0 }
    let pace = [
      self.delayMs.map { "\($0) ms late" }, self.bandwidth.map { "\($0) bytes/s" },
    ].compactMap { $0 }
    return ([what] + pace + [when, whom.isEmpty ? nil : "of " + whom.joined(separator: ", ")])
      .compactMap { $0 }.joined(separator: " ")
  }
}

extension AdminFault {
  /// Which of those that fit: as in `3, after 2 that go`, in a few words for people.
  package var turnText: String {
    var parts = [self.count.map { "\($0)" } ?? "all"]
    if let every = self.every { parts.append("one of \(every)") }
    if let probability = self.probability { parts.append("a share of \(probability)") }
    if let skip = self.skip, skip > 0 { parts.append("after \(skip)") }
    return parts.joined(separator: ", ")
  }
}

/// FIRING of `docs/faults.md`.
package struct AdminFiring: Codable, Equatable, Sendable {
  package let id: UInt64
  package let faultId: UInt64
  package let at: UInt64
  package let request: Request?
  package let connection: Connection?
  package let did: AdminFault
  package let outcome: String
  package let responseBytes: UInt64?

  package struct Request: Codable, Equatable, Sendable {
    package let method: String
    package let path: String
    package let address: String
    package let grant: String?
    package let client: String?
    package let kind: String?
    package let deviceId: String?
    package let accountEmail: String?
  }

  package struct Connection: Codable, Equatable, Sendable {
    package let address: String
    package let serverName: String?
  }

  /// In a few words, for people.
  package var target: String {
    if let request = self.request {
      return
        (["\(request.method) \(request.path)"]
        + [request.grant, request.kind, request.accountEmail].compactMap { $0 })
        .joined(separator: " ")
    }
    return "a connection from \(self.connection?.address ?? "?")"
  }
}
