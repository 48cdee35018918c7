import DeviceProtocol

extension JSONValue {
  /// A string as text; nil for any other value.
  var textOrNil: String? { self.stringBytes.map { String(decoding: $0, as: UTF8.self) } }

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
