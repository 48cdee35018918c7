import CloudCore
import DeviceProtocol

/// What a fault does, in the members that order it.
struct FaultSpecificationBody: Encodable {
  let specification: FaultSpecification

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: FaultBody.CodingKeys.self)
    let match = self.specification.match
    try members.encodeIfPresent(match.endpoint?.text, forKey: .endpoint)
    try members.encodeIfPresent(match.grant, forKey: .grant)
    try members.encodeIfPresent(match.clientID, forKey: .client)
    try members.encodeIfPresent(match.kind, forKey: .kind)
    try members.encodeIfPresent(match.device?.text, forKey: .deviceID)
    try members.encodeIfPresent(match.accountEmail?.text, forKey: .accountEmail)
    try members.encodeIfPresent(match.address, forKey: .address)
    try members.encodeIfPresent(match.serverName, forKey: .serverName)

    try members.encode(self.specification.action.word, forKey: .action)
    if self.specification.phase != .handshake {
      try members.encode(self.specification.phase.word, forKey: .phase)
    }
    if case .afterByte(let count) = self.specification.phase {
      try members.encode(count, forKey: .afterByte)
    }
    if self.specification.delayMilliseconds > 0 {
      try members.encode(self.specification.delayMilliseconds, forKey: .delay)
    }
    try members.encodeIfPresent(self.specification.bytesPerSecond, forKey: .bandwidth)
    switch self.specification.action {
    case .slow, .reset: break
    case .close(let tellsTLS): if tellsTLS { try members.encode(true, forKey: .tlsClose) }
    case .status(let answer):
      try members.encode(answer.status, forKey: .status)
      if !answer.headers.isEmpty {
        try members.encode(
          Dictionary(answer.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
          forKey: .headers)
      }
      try members.encodeIfPresent(answer.body, forKey: .body)
    case .malformed(let malformation): try members.encode(malformation, forKey: .malformed)
    case .certificate(let wrong): try members.encode(wrong, forKey: .certificate)
    }
  }
}

/// A fault in force: FAULT, and what it did.
struct FaultRuleBody: Encodable {
  let rule: FaultRule

  enum CodingKeys: String, CodingKey {
    case id, skip, count, every, probability, seed, matched, fired
  }

  func encode(to encoder: any Encoder) throws {
    try FaultSpecificationBody(specification: self.rule.specification).encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    let turn = self.rule.specification.turn
    try members.encode(self.rule.id, forKey: .id)
    try members.encode(turn.skip, forKey: .skip)
    // Null: as often as it matches.
    try members.encode(turn.count, forKey: .count)
    if turn.every > 1 { try members.encode(turn.every, forKey: .every) }
    if turn.probability < 1 {
      try members.encode(turn.probability, forKey: .probability)
      try members.encode(self.rule.seed, forKey: .seed)
    }
    try members.encode(self.rule.matched, forKey: .matched)
    try members.encode(self.rule.fired, forKey: .fired)
  }
}

struct FaultsBody: Encodable { let faults: [FaultRuleBody] }

/// FIRING of `docs/faults.md`.
struct FaultFiringBody: Encodable {
  let firing: FaultFiring

  enum CodingKeys: String, CodingKey {
    case id, at, request, connection, did, outcome
    case faultID = "fault_id"
    case responseByteCount = "response_bytes"
  }

  enum TargetKeys: String, CodingKey {
    case method, path, address, grant, client, kind
    case deviceID = "device_id"
    case accountEmail = "account_email"
    case serverName = "server_name"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.firing.id, forKey: .id)
    try members.encode(self.firing.rule, forKey: .faultID)
    try members.encode(self.firing.at.value, forKey: .at)
    var did = self.firing.specification
    // Whom it was for, the rule tells.
    did.match = FaultMatch()
    try members.encode(FaultSpecificationBody(specification: did), forKey: .did)
    switch self.firing.outcome {
    case .underWay: try members.encode("under_way", forKey: .outcome)
    case .struck(let count):
      try members.encode("struck", forKey: .outcome)
      try members.encodeIfPresent(count, forKey: .responseByteCount)
    case .missed(let count):
      try members.encode("missed", forKey: .outcome)
      try members.encodeIfPresent(count, forKey: .responseByteCount)
    }
    switch self.firing.target {
    case .connection(let address, let serverName):
      var target = members.nestedContainer(keyedBy: TargetKeys.self, forKey: .connection)
      try target.encode(address, forKey: .address)
      try target.encodeIfPresent(serverName, forKey: .serverName)
    case .request(let subject):
      var target = members.nestedContainer(keyedBy: TargetKeys.self, forKey: .request)
      try target.encode(subject.method, forKey: .method)
      try target.encode(subject.path, forKey: .path)
      try target.encode(subject.address, forKey: .address)
      try target.encodeIfPresent(subject.grant, forKey: .grant)
      try target.encodeIfPresent(subject.clientID, forKey: .client)
      try target.encodeIfPresent(subject.kind, forKey: .kind)
      try target.encodeIfPresent(subject.device?.text, forKey: .deviceID)
      try target.encodeIfPresent(subject.accountEmail?.text, forKey: .accountEmail)
    }
  }
}

struct FaultFiringsBody: Encodable {
  let firings: [FaultFiringBody]
  /// How many were fired in all, and how many of them are kept no more.
  let count: UInt64
  let dropped: UInt64
}
