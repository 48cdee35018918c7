import CloudCore
import DeviceProtocol
import Hummingbird

/// Of `GET /admin/v1/clients`: what is in force, in the spelling of the clients file.
struct ClientsBody: Encodable {
  let clients: [ClientView]
}

/// A client with nothing left to be guessed. Of its secret nothing is told.
struct ClientView: Encodable {
  let client: OAuthClient

  enum CodingKeys: String, CodingKey {
    case id, kind, preset, rotation, reaction, authentication, grants
    case accessTokenFormat = "access_token_format"
    case senderConstraint = "sender_constraint"
    case redirectURIs = "redirect_uris"
    case idleSeconds = "idle_seconds"
    case absoluteSeconds = "absolute_seconds"
  }

  func encode(to encoder: any Encoder) throws {
    let policy = self.client.policy
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.client.id, forKey: .id)
    try members.encode(self.client.kind, forKey: .kind)
    try members.encode(self.client.redirectURIs, forKey: .redirectURIs)
    try members.encodeIfPresent(PolicyPreset(of: policy)?.rawValue, forKey: .preset)
    try members.encode(RotationBody(policy.rotation), forKey: .rotation)
    try members.encode(policy.reaction.rawValue, forKey: .reaction)
    // `encode`, not `encodeIfPresent`: it writes null.
    try members.encode(policy.idleSeconds, forKey: .idleSeconds)
    try members.encode(policy.absoluteSeconds, forKey: .absoluteSeconds)
    try members.encode(AuthenticationWord(self.client.authentication), forKey: .authentication)
    let grants = GrantName.allCases.filter { self.client.grants.contains($0.type) }
    try members.encode(grants, forKey: .grants)
    try members.encode(self.client.accessTokenFormat.rawValue, forKey: .accessTokenFormat)
    try members.encode(self.client.senderConstraint.rawValue, forKey: .senderConstraint)
  }
}

extension PolicyPreset {
  /// The one whose policy this is, to the last second.
  init?(of policy: TokenPolicy) {
    guard let preset = Self.allCases.first(where: { $0.policy == policy }) else { return nil }
    self = preset
  }
}

extension CloudService {
  /// `GET /admin/v1/clients`
  @Sendable func listClients(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    try .json(ClientsBody(clients: self.cloud.configuration.clients.map(ClientView.init)))
  }
}
