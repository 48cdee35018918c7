/// A UUID, lower case with hyphens.
package struct AccountID: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}

/// A UUID, lower case with hyphens.
package struct SessionID: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}

/// A UUID, lower case with hyphens.
package struct DeviceID: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}

/// SHA-256 of a token; 32 bytes. Stores hold these, never tokens.
package struct TokenHash: Hashable, Sendable {
  package let bytes: [UInt8]
  package init(bytes: [UInt8]) { self.bytes = bytes }
}

package enum ClientKind: String, Hashable, Sendable, CaseIterable, Codable {
  case app, camera, scale, alexa, google, ifttt
}
