import CloudCore
import DeviceProtocol

/// FAULT of `docs/protocol.md`.
struct FaultBody: StrictBody {
  let grant: GrantName
  let deviceID: String?
  let accountEmail: String?
  let phase: FaultRule.Phase
  let skip: WholeNumber<UInt32>?
  let count: WholeNumber<UInt32>?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case grant, phase, skip, count
    case deviceID = "device_id"
    case accountEmail = "account_email"
  }
}

/// A fault that is in force.
struct FaultRuleBody: Encodable {
  let rule: FaultRule

  enum CodingKeys: String, CodingKey {
    case id, grant, phase, skip, count, fired
    case deviceID = "device_id"
    case accountEmail = "account_email"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.rule.id, forKey: .id)
    try members.encode(self.rule.grant, forKey: .grant)
    try members.encodeIfPresent(self.rule.deviceText, forKey: .deviceID)
    try members.encodeIfPresent(self.rule.accountEmail?.text, forKey: .accountEmail)
    try members.encode(self.rule.phase, forKey: .phase)
    try members.encode(self.rule.skip, forKey: .skip)
    try members.encode(self.rule.count, forKey: .count)
    try members.encode(self.rule.fired, forKey: .fired)
  }
}

struct FaultsBody: Encodable { let faults: [FaultRuleBody] }
