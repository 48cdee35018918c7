import CloudCore
import DeviceProtocol

/// FAULT of `docs/faults.md`, as it is ordered.
struct FaultBody: StrictBody {
  let endpoint: String?
  let grant: GrantName?
  let client: String?
  let kind: ClientKind?
  let deviceID: String?
  let accountEmail: String?
  let address: String?
  let serverName: String?

  let skip: WholeNumber<UInt32>?
  let count: WholeNumber<UInt32>?
  let every: WholeNumber<UInt32>?
  let probability: Double?
  let seed: WholeNumber<UInt64>?

  let phase: PhaseWord?
  let afterByte: WholeNumber<UInt32>?
  let delay: WholeNumber<UInt32>?
  let bandwidth: WholeNumber<UInt32>?

  let action: ActionWord?
  let tlsClose: Bool?
  let status: WholeNumber<UInt16>?
  let headers: [String: String]?
  let body: String?
  let malformed: FaultMalformation?
  let certificate: WrongCertificate?

  enum PhaseWord: String, Codable, CaseIterable {
    case beforeCommit = "before_commit"
    case afterCommit = "after_commit"
    case afterByte = "after_byte"
  }

  enum ActionWord: String, Codable, CaseIterable {
    case slow, close, reset, status, malformed, certificate
  }

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case endpoint, grant, client, kind, address, skip, count, every, probability, seed, phase
    case bandwidth, action, status, headers, body, malformed, certificate
    case deviceID = "device_id"
    case accountEmail = "account_email"
    case serverName = "server_name"
    case afterByte = "after_byte"
    case delay = "delay_ms"
    case tlsClose = "tls_close"
  }
}

extension FaultBody {
  /// What the members mean together; `FaultSpecification.check` looks at the rest.
  ///
  /// - Throws: `FaultProblem` for members that exclude each other, or one that is missing.
  func specification() throws(FaultProblem) -> FaultSpecification {
    let word = try self.actionWord()
    let action = try self.action(word)
    var specification = FaultSpecification(phase: try self.phase(of: word), action: action)
    specification.delayMilliseconds = self.delay?.value ?? 0
    specification.bytesPerSecond = self.bandwidth?.value
    specification.match = try self.match()
    specification.turn = self.turn
    return specification
  }

  /// What was said, else what the members are for.
  private func actionWord() throws(FaultProblem) -> ActionWord {
    let implied: ActionWord =
      if self.certificate != nil {
        .certificate
      } else if self.malformed != nil {
        .malformed
      } else if self.status != nil {
        .status
      } else if self.tlsClose == nil, self.delay != nil || self.bandwidth != nil {
        .slow
      } else {
        .close
      }
    let word = self.action ?? implied
    let members: [(Bool, String, ActionWord)] = [
      (self.certificate != nil, "certificate", .certificate),
      (self.malformed != nil, "malformed", .malformed), (self.status != nil, "status", .status),
      (self.headers != nil, "headers", .status), (self.body != nil, "body", .status),
      (self.tlsClose != nil, "tls_close", .close),
    ]
    for (isGiven, name, owner) in members where isGiven && owner != word {
      throw FaultProblem("member '\(name)' does not go with action \(word.rawValue)")
    }
    return word
  }

  private func action(_ word: ActionWord) throws(FaultProblem) -> FaultAction {
    switch word {
    case .slow: return .slow
    case .close: return .close(tellsTLS: self.tlsClose ?? false)
    case .reset: return .reset
    case .status:
      guard let status = self.status else { throw FaultProblem("missing member 'status'") }
      let headers = (self.headers ?? [:]).sorted { $0.key < $1.key }
      return .status(
        FaultAnswer(
          status: Int(status.value),
          headers: headers.map { FaultAnswer.Header(name: $0.key, value: $0.value) },
          body: self.body))
    case .malformed:
      guard let malformed = self.malformed else { throw FaultProblem("missing member 'malformed'") }
      return .malformed(malformed)
    case .certificate:
      guard let wrong = self.certificate else { throw FaultProblem("missing member 'certificate'") }
      return .certificate(wrong)
    }
  }

  private func phase(of word: ActionWord) throws(FaultProblem) -> FaultPhase {
    if let afterByte = self.afterByte {
      guard self.phase == nil || self.phase == .afterByte else {
        throw FaultProblem("member 'after_byte' goes with the phase after_byte alone")
      }
      return .afterByte(UInt64(afterByte.value))
    }
    switch (self.phase, word) {
    case (.beforeCommit, _): return .beforeCommit
    case (.afterCommit, _): return .afterCommit
    case (.afterByte, _): throw FaultProblem("missing member 'after_byte'")
    case (nil, .certificate): return .handshake
    case (nil, .status): return .beforeCommit
    case (nil, .malformed), (nil, .slow): return .afterCommit
    // Where nothing is said of what becomes of the request, losing it would be a guess.
    case (nil, .close) where self.action == nil && self.tlsClose == nil:
      throw FaultProblem("missing member 'phase', or 'action'")
    case (nil, .close), (nil, .reset): return .beforeCommit
    }
  }

  private func match() throws(FaultProblem) -> FaultMatch {
    var match = FaultMatch()
    if let endpoint = self.endpoint { match.endpoint = try FaultEndpoint(endpoint) }
    match.grant = self.grant
    match.clientID = self.client
    match.kind = self.kind
    if let text = self.deviceID {
      guard let device = DeviceID(text) else {
        throw FaultProblem("member 'device_id' is no device's id: it could never match")
      }
      match.device = device
    }
    if let text = self.accountEmail {
      guard let email = EmailAddress(text) else {
        throw FaultProblem("member 'account_email' is not an e-mail address")
      }
      match.accountEmail = email
    }
    if let address = self.address {
      guard let canonical = address.asIPAddress else {
        throw FaultProblem("member 'address' is no IP address")
      }
      match.address = canonical
    }
    match.serverName = self.serverName?.lowercased()
    return match
  }

  /// One, unless a share of all is asked for.
  private var turn: FaultTurn {
    var turn = FaultTurn()
    turn.skip = UInt64(self.skip?.value ?? 0)
    turn.every = UInt64(self.every?.value ?? 1)
    turn.probability = self.probability ?? 1
    turn.seed = self.seed?.value
    let isShare = self.every != nil || self.probability != nil
    turn.count = self.count.map { UInt64($0.value) } ?? (isShare ? nil : 1)
    return turn
  }
}
