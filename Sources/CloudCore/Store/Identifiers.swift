/// What a record is known by: a UUID. Ordered as the texts are.
package protocol Identifier: Hashable, Comparable, Sendable, CustomStringConvertible {
  var bits: UUIDBits { get }
  init(bits: UUIDBits)
}

extension Identifier {
  /// - Parameter text: A UUID, lower case with hyphens; nil for any other text.
  package init?(_ text: String) {
    guard let bits = UUIDBits(text) else { return nil }
    self.init(bits: bits)
  }

  /// A random one (version 4), of 16 random bytes.
  package init(random: inout some RandomNumberGenerator) {
    self.init(bits: UUIDBits(random: &random))
  }

  /// Lower case with hyphens, as on the wire and in the database.
  package var text: String { self.bits.text }
  package var description: String { self.text }

  package static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

package struct AccountID: Identifier {
  package let bits: UUIDBits
  package init(bits: UUIDBits) { self.bits = bits }
}

package struct SessionID: Identifier {
  package let bits: UUIDBits
  package init(bits: UUIDBits) { self.bits = bits }
}

package struct DeviceID: Identifier {
  package let bits: UUIDBits
  package init(bits: UUIDBits) { self.bits = bits }
}

/// SHA-256 of a token. Stores hold these, never tokens.
package struct TokenHash: Hashable, Sendable {
  package let digest: Bytes32
  package init(_ digest: Bytes32) { self.digest = digest }
}

package enum ClientKind: String, Hashable, Sendable, CaseIterable, Codable {
  case app, camera, scale, alexa, google, ifttt
}
