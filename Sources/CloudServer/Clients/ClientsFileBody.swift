import CloudCore
import DeviceProtocol

/// The file of `relink cloud --clients`; `docs/token-policies.md`.
struct ClientsFileBody: StrictBody {
  let clients: [Strict<ClientBody>]

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case clients }
}

/// A client as the file says it: only `id` is needed for one that is built in.
struct ClientBody: StrictBody {
  let id: String
  let kind: Word<ClientKind>?
  let redirectURIs: [String]?
  let preset: Word<PolicyPreset>?
  let rotation: RotationBody?
  let reaction: Word<TheftReaction>?
  let idleSeconds: WholeNumber<UInt32>?
  let absoluteSeconds: WholeNumber<UInt32>?
  let authentication: Word<AuthenticationWord>?
  let grants: [Word<GrantName>]?
  let accessTokenFormat: Word<AccessTokenFormat>?
  let senderConstraint: Word<SenderConstraint>?
  /// SHA-256 of the client's secret, in hexadecimal.
  let secretSHA256: String?
  /// A file that has the secret; from the folder of the clients file on.
  let secretFile: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case id, kind, preset, rotation, reaction, authentication, grants
    case redirectURIs = "redirect_uris"
    case idleSeconds = "idle_seconds"
    case absoluteSeconds = "absolute_seconds"
    case accessTokenFormat = "access_token_format"
    case senderConstraint = "sender_constraint"
    case secretSHA256 = "secret_sha256"
    case secretFile = "secret_file"
  }
}

enum AuthenticationWord: String, CaseIterable, Codable {
  case none, certificate, secret

  init(_ authentication: ClientAuthentication) {
    self =
      switch authentication {
      case .none: .none
      case .certificate: .certificate
      case .secret: .secret
      }
  }
}

/// `"strict"`, `"reusable"`, `"retire-on-use"`, `{"grace_seconds":N}` or `{"idempotent_seconds":N}`.
struct RotationBody: Codable, Equatable {
  let rotation: RotationPolicy

  init(_ rotation: RotationPolicy) { self.rotation = rotation }

  private enum Plain: String, CaseIterable {
    case strict, reusable
    case retireOnUse = "retire-on-use"
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case graceSeconds = "grace_seconds"
    case idempotentSeconds = "idempotent_seconds"
  }

  private struct Windows: StrictBody {
    let graceSeconds: WholeNumber<UInt32>?
    let idempotentSeconds: WholeNumber<UInt32>?
    typealias Member = RotationBody.CodingKeys
    typealias CodingKeys = RotationBody.CodingKeys
  }

  init(from decoder: any Decoder) throws {
    if let word = try? decoder.singleValueContainer().decode(String.self) {
      switch Plain(rawValue: word) {
      case .strict: self.rotation = .strict
      case .reusable: self.rotation = .reusable
      case .retireOnUse: self.rotation = .retireOnUse
      case nil: throw Self.bad(decoder)
      }
      return
    }
    guard (try? decoder.container(keyedBy: CodingKeys.self)) != nil else { throw Self.bad(decoder) }
    let windows = try Strict<Windows>(from: decoder).body
    switch (windows.graceSeconds, windows.idempotentSeconds) {
    case (let seconds?, nil):
      self.rotation = .grace(windowMilliseconds: UInt64(seconds.value) * 1_000)
    case (nil, let seconds?):
      self.rotation = .idempotent(windowMilliseconds: UInt64(seconds.value) * 1_000)
    default: throw Self.bad(decoder)
    }
  }

  private static func bad(_ decoder: any Decoder) -> BadMember {
    BadMember(
      path: decoder.codingPath,
      detail: "must be strict, reusable, retire-on-use, {\"grace_seconds\":N} or "
        + "{\"idempotent_seconds\":N}")
  }

  func encode(to encoder: any Encoder) throws {
    var word = encoder.singleValueContainer()
    switch self.rotation {
    case .strict: try word.encode(Plain.strict.rawValue)
    case .reusable: try word.encode(Plain.reusable.rawValue)
    case .retireOnUse: try word.encode(Plain.retireOnUse.rawValue)
    case .grace(let window):
      try word.encode([CodingKeys.graceSeconds.rawValue: window / 1_000])
    case .idempotent(let window):
      try word.encode([CodingKeys.idempotentSeconds.rawValue: window / 1_000])
    }
  }
}

extension GrantName {
  var type: GrantType {
    switch self {
    case .authorizationCode: .authorizationCode
    case .refreshToken: .refreshToken
    case .deviceCode: .deviceCode
    case .pairing: .pairing
    case .relink: .relink
    }
  }
}
