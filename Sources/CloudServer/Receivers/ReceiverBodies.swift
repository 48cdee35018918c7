import CloudCore
import DeviceProtocol

/// Of `POST /admin/v1/receivers`.
struct ReceiverBody: StrictBody {
  let endpoint: String
  let audience: String
  let authorization: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case endpoint, audience, authorization
  }
}

/// RECEIVER of `docs/protocol.md`.
struct ReceiverStateBody: Encodable {
  let receiver: Receiver
  let waiting: UInt64

  enum CodingKeys: String, CodingKey {
    case id, endpoint, audience, authorized, delivered, retried, failed, waiting
    case createdAt = "created_at"
    case lastFailure = "last_failure"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.receiver.id.text, forKey: .id)
    try members.encode(self.receiver.endpoint, forKey: .endpoint)
    try members.encode(self.receiver.audience, forKey: .audience)
    try members.encode(self.receiver.sealedAuthorization != nil, forKey: .authorized)
    try members.encode(self.receiver.createdAt.value, forKey: .createdAt)
    try members.encode(self.receiver.delivered, forKey: .delivered)
    try members.encode(self.receiver.retried, forKey: .retried)
    try members.encode(self.receiver.failed, forKey: .failed)
    try members.encode(self.waiting, forKey: .waiting)
    try members.encodeIfPresent(
      self.receiver.lastFailure.map(DeliveryFailureBody.init), forKey: .lastFailure)
  }
}

/// FAILURE of `docs/protocol.md`.
struct DeliveryFailureBody: Encodable {
  let at: UInt64
  let jti: String
  let cause: String

  init(_ failure: DeliveryFailure) {
    self.at = failure.at.value
    self.jti = failure.event
    self.cause = failure.cause
  }
}

struct ReceiversBody: Encodable { let receivers: [ReceiverStateBody] }
