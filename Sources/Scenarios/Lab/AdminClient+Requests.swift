import DeviceProtocol
import Foundation
import NIOHTTP1

extension AdminClient {
  /// - Parameter query: By the names of `docs/protocol.md`, `GET /admin/v1/requests`.
  package func requests(_ query: [(String, String)]) async throws -> RequestPage {
    let text = FormEncoding.text(query)
    return try await self.send(
      .GET, "/admin/v1/requests\(text.isEmpty ? "" : "?\(text)")", expecting: 200
    ).decoded(as: RequestPage.self, from: "the list of requests")
  }

  /// - Returns: Also when it does not hold.
  package func assertRequests(_ claim: RequestClaim) async throws -> RequestVerdict {
    let path = "/admin/v1/requests/assert"
    let answer = try await self.exchange.send(
      .POST, path, bearer: self.token, json: claim,
      timeoutSeconds: 15 + Int64(claim.withinMs / 1_000))
    guard answer.status == 200 || (answer.status == 409 && answer.refusal == nil) else {
      throw self.unexpected(answer, .POST, path)
    }
    return try answer.decoded(as: RequestVerdict.self, from: "the assertion of requests")
  }
}

/// REQUEST of `docs/protocol.md`.
package struct RequestEntry: Codable, Equatable, Sendable {
  package let sequence: UInt64
  package let at: UInt64
  package let durationUs: UInt64
  package let method: String
  package let path: String?
  package let status: Int?
  package let reason: String?
  package let client: String?
  package let kind: String?
  package let accountId: String?
  package let deviceId: String?
  package let sessionId: String?
  package let generation: UInt64?
  package let grant: String?
  package let event: String?
  package let deadToken: Bool?
  package let fault: String?
  package let address: String

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.sequence, forKey: .sequence)
    try members.encode(self.at, forKey: .at)
    try members.encode(self.durationUs, forKey: .durationUs)
    try members.encode(self.method, forKey: .method)
    // `encode`, not `encodeIfPresent`: it writes null, as the cloud does.
    try members.encode(self.path, forKey: .path)
    try members.encode(self.status, forKey: .status)
    try members.encodeIfPresent(self.reason, forKey: .reason)
    try members.encodeIfPresent(self.client, forKey: .client)
    try members.encodeIfPresent(self.kind, forKey: .kind)
    try members.encodeIfPresent(self.accountId, forKey: .accountId)
    try members.encodeIfPresent(self.deviceId, forKey: .deviceId)
    try members.encodeIfPresent(self.sessionId, forKey: .sessionId)
    try members.encodeIfPresent(self.generation, forKey: .generation)
    try members.encodeIfPresent(self.grant, forKey: .grant)
    try members.encodeIfPresent(self.event, forKey: .event)
    try members.encodeIfPresent(self.deadToken, forKey: .deadToken)
    try members.encodeIfPresent(self.fault, forKey: .fault)
    try members.encode(self.address, forKey: .address)
  }
}

package struct RequestPage: Codable, Sendable {
  package let requests: [RequestEntry]
  package let cursor: String
  package let complete: Bool
}

/// Of `POST /admin/v1/requests/assert`.
package struct RequestClaim: Encodable, Sendable {
  package var assertion: String?
  package var exactly: UInt32?
  package var atLeast: UInt32?
  package var atMost: UInt32?
  package var since: String?
  package var cursor: String?
  package var `where`: [String: String]
  package var withinMs: UInt32

  package init(where conditions: [String: String], withinMs: UInt32) {
    self.where = conditions
    self.withinMs = withinMs
  }
}

package struct RequestVerdict: Codable, Sendable {
  package let held: Bool
  package let count: Int
  package let complete: Bool
  package let expected: String?
  package let message: String?
  package let requests: [RequestEntry]?
}
