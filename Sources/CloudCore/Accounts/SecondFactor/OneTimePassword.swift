import Crypto
package import DeviceProtocol

/// HOTP (RFC 4226) with HMAC-SHA1 and, of a counter of time steps, TOTP (RFC 6238): what
/// authenticator apps compute.
package struct OneTimePassword: Sendable, Redacted {
  /// The length that RFC 4226 §4 R6 recommends.
  package static let secretByteCount = 20
  package static let stepSeconds: UInt64 = 30
  package static let digitCount = 6

  private let secret: SymmetricKey

  package init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

  /// The step that a time lies in, from 1970.
  package static func step(at time: UnixMilliseconds) -> UInt64 {
    time.value / (Self.stepSeconds * 1_000)
  }

  /// - Parameter digitCount: 1 to 9.
  package func code(counter: UInt64, digitCount: Int = Self.digitCount) -> String {
    let message = withUnsafeBytes(of: counter.bigEndian) { Array($0) }
    let mac = Array(
      HMAC<Insecure.SHA1>.authenticationCode(for: message, using: self.secret))
    let offset = Int(mac[mac.count - 1] & 0xF)
    let number = mac[offset..<offset + 4].reduce(0 as UInt32) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let modulus = (0..<digitCount).reduce(1 as UInt32) { power, _ in power * 10 }
    let digits = "\(number % modulus)"
    return String(repeating: "0", count: digitCount - digits.utf8.count) + digits
  }

  /// The step of a code, if it is of the present one or of one beside it and no later one was used
  /// before. Takes as long for a wrong code as for a right one.
  ///
  /// - Parameter lastUsed: The step of the last code that was accepted. After the clock has jumped
  ///   back behind it, it holds up nobody.
  package func step(
    of code: String, lastUsed: UInt64, at now: UnixMilliseconds
  ) -> UInt64? {
    let present = Self.step(at: now)
    let isClockBehind = lastUsed > present + 1
    let digits = Array(code.utf8)
    var found: UInt64?
    for step in [max(present, 1) - 1, present, present + 1] {
      let difference = zip(self.code(counter: step).utf8, digits)
        .reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) }
      let isRight = difference == 0 && digits.count == Self.digitCount
      if isRight && (step > lastUsed || isClockBehind) { found = step }
    }
    return found
  }
}
