import DeviceProtocol

/// A signed JSON Web Token in its compact form (RFC 7515 §3.1), read but not believed.
struct JSONWebToken {
  let header: JSONValue
  let payload: JSONValue
  let signature: [UInt8]
  /// What the signature is over.
  let signedBytes: [UInt8]

  /// Ours have less than 1,500 bytes; what is longer is not even read.
  static let longestByteCount = 4_096

  /// Nil for what has not that form: three parts of base64url, the first two of them JSON objects
  /// without doubled members.
  init?(parsing text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.longestByteCount else { return nil }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]),
      let payload = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else { return nil }
    self.header = header
    self.payload = payload
    self.signature = signature
    self.signedBytes = Array(bytes[..<parts[1].endIndex])
  }

  /// A JSON object in base64url, without doubled members.
  static func object(_ part: ArraySlice<UInt8>) -> JSONValue? {
    guard let bytes = Base64URL.decode(part), let value = try? JSONValue(parsing: bytes),
      case .object = value
    else { return nil }
    return value
  }

  /// - Returns: The compact form; nil when it cannot be signed.
  static func text(
    header: JSONValue, payload: JSONValue, signature: ([UInt8]) -> [UInt8]?
  ) -> String? {
    let signed =
      Base64URL.encode(header.bytes) + [UInt8(ascii: ".")] + Base64URL.encode(payload.bytes)
    guard let signature = signature(signed) else { return nil }
    return String(
      decoding: signed + [UInt8(ascii: ".")] + Base64URL.encode(signature), as: UTF8.self)
  }
}

extension JSONValue {
  static func text(_ text: String) -> JSONValue { .string(Array(text.utf8)) }

  /// Whether it is a string of exactly this text.
  func isText(_ text: String) -> Bool { self.stringBytes?.elementsEqual(text.utf8) ?? false }
}
