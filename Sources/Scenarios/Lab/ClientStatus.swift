/// A client of the cloud as its operator sees it (`docs/protocol.md`, "The admin listener").
package struct ClientStatus: Codable, Equatable, Sendable {
  package let id: String
  package let kind: String
  package let redirectUris: [String]
  /// The preset whose policy it has; nil when it is none's.
  package let preset: String?
  package let rotation: Rotation
  package let reaction: String
  package let idleSeconds: UInt32?
  package let absoluteSeconds: UInt32?
  package let authentication: String
  package let grants: [String]
  package let accessTokenFormat: String
  package let senderConstraint: String

  /// A word, or the name of a window with its length.
  package enum Rotation: Codable, Equatable, Sendable {
    case word(String)
    case window(String, seconds: UInt64)

    private static let suffix = "_seconds"

    package init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let word = try? value.decode(String.self) {
        self = .word(word)
        return
      }
      let windows = try value.decode([String: UInt64].self)
      guard windows.count == 1, let (name, seconds) = windows.first, name.hasSuffix(Self.suffix)
      else {
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "no known rotation")
      }
      self = .window(String(name.dropLast(Self.suffix.count)), seconds: seconds)
    }

    package func encode(to encoder: any Encoder) throws {
      var value = encoder.singleValueContainer()
      switch self {
      case .word(let word): try value.encode(word)
      case .window(let name, let seconds): try value.encode([name + Self.suffix: seconds])
      }
    }
  }
}

extension ClientStatus {
  /// With null for a lifetime without an end, as on the wire.
  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.id, forKey: .id)
    try members.encode(self.kind, forKey: .kind)
    try members.encode(self.redirectUris, forKey: .redirectUris)
    try members.encodeIfPresent(self.preset, forKey: .preset)
    try members.encode(self.rotation, forKey: .rotation)
    try members.encode(self.reaction, forKey: .reaction)
    try members.encode(self.idleSeconds, forKey: .idleSeconds)
    try members.encode(self.absoluteSeconds, forKey: .absoluteSeconds)
    try members.encode(self.authentication, forKey: .authentication)
    try members.encode(self.grants, forKey: .grants)
    try members.encode(self.accessTokenFormat, forKey: .accessTokenFormat)
    try members.encode(self.senderConstraint, forKey: .senderConstraint)
  }
}
