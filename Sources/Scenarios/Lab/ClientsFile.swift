import CloudCore
import DeviceProtocol
import Foundation
import Simulation

/// The clients file that tells the cloud the scenario's policies (`docs/token-policies.md`).
struct ClientsFile: Encodable {
  private let clients: [Client]

  /// Nil when the scenario says nothing of policies.
  init?(_ policies: Scenario.ClientPolicies) {
    let named: [(ClientID, TokenPolicy?)] = [
      (.app, policies.app), (.camera, policies.camera), (.scale, policies.scale),
    ]
    self.clients = named.compactMap { id, policy in policy.map { Client(id: "\(id.text)", $0) } }
    if self.clients.isEmpty { return nil }
  }

  private struct Client: Encodable {
    let id: String
    let rotation: Rotation
    let reaction: String
    let idleSeconds: UInt32?
    let absoluteSeconds: UInt32?

    init(id: String, _ policy: TokenPolicy) {
      self.id = id
      self.rotation = Rotation(policy: policy.rotation)
      self.reaction = policy.reaction.rawValue
      self.idleSeconds = policy.idleSeconds
      self.absoluteSeconds = policy.absoluteSeconds
    }
  }

  /// A word, or a word with its seconds.
  private struct Rotation: Encodable {
    let policy: RotationPolicy

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self.policy {
      case .strict: try container.encode("strict")
      case .grace(let window): try container.encode(["grace_seconds": window / 1_000])
      case .idempotent(let window): try container.encode(["idempotent_seconds": window / 1_000])
      case .retireOnUse: try container.encode("retire-on-use")
      case .reusable: try container.encode("reusable")
      }
    }
  }

  func write(to path: String) throws(LabError) {
    do {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(self).write(to: URL(filePath: path))
    } catch {
      throw LabError(.file, "the clients file \(path): \(PlainError.text(of: error))")
    }
  }
}
