import DeviceProtocol

/// A signed JWT as it travels: three parts in base64url with dots between them (RFC 7515 §3.1).
/// Reading one says nothing of its signature.
struct CompactJWS: Sendable {
  let header: JSONValue
  let payload: JSONValue
  let signature: [UInt8]
  /// What was signed: the first two parts with the dot between them.
  let signingInput: [UInt8]

  /// Nil unless both header and payload are JSON objects without doubled members.
  init?(parsing text: String) {
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]),
      let payload = Self.object(parts[1]), let signature = Base64URL.decode(parts[2])
    else { return nil }
    self.header = header
    self.payload = payload
    self.signature = signature
    self.signingInput = Array(bytes[..<parts[1].endIndex])
  }

  private static func object(_ part: ArraySlice<UInt8>) -> JSONValue? {
    guard let bytes = Base64URL.decode(part), let value = try? JSONValue(parsing: bytes),
      case .object = value
    else { return nil }
    return value
  }
}

extension JSONValue {
  /// A string as text; nil for any other value.
  var text: String? { self.stringBytes.map { String(decoding: $0, as: UTF8.self) } }

  /// A time in seconds since 1970, also with a fraction (RFC 7519 §2), in milliseconds; nil for what
  /// is no number, or none of such a clock.
  var numericDate: UnixMilliseconds? {
    switch self {
    case .integer(let seconds):
      guard seconds >= 0 else { return nil }
      let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000)
      return overflow ? nil : UnixMilliseconds(product)
    case .decimal(let digits):
      // Beyond 2^53 a Double is no exact number of anything.
      guard let seconds = Double(String(decoding: digits, as: UTF8.self)),
        seconds >= 0, seconds < 9_007_199_254_740
      else { return nil }
      return UnixMilliseconds(UInt64(seconds * 1_000))
    case .null, .boolean, .string, .array, .object: return nil
    }
  }
}
