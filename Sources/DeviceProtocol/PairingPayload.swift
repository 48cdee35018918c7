/// What the app shows the device as a QR code; `docs/protocol.md`, "The pairing payload".
package struct PairingPayload: Equatable, Sendable {
  /// The longest text, in bytes.
  package static let byteCountLimit = 1_024

  package let wifi: WiFiCredentials
  /// Nil in a payload that only changes the Wi-Fi credentials.
  package let pairing: Pairing?

  package struct Pairing: Equatable, Sendable {
    /// Origin of the cloud that the token is of.
    package let cloud: [UInt8]
    package let token: [UInt8]
    package init(cloud: [UInt8], token: [UInt8]) {
      self.cloud = cloud
      self.token = token
    }
  }

  package init(wifi: WiFiCredentials, pairing: Pairing?) {
    self.wifi = wifi
    self.pairing = pairing
  }

  /// Reads both spellings of the Wi-Fi part; fields that are not known are skipped.
  package init(parsing text: [UInt8]) throws(PairingPayloadError) {
    guard text.count <= Self.byteCountLimit else {
      throw .tooLong(byteCount: UInt32(clamping: text.count))
    }
    guard text.hasPrefix("WIFI:") else { throw .notAPayload }
    if let index = text.firstIndex(where: { !$0.isPrintableASCII }) {
      throw .notASCII(offset: UInt32(clamping: index))
    }
    var parser = PairingPayloadParser(text)
    self = try parser.parse()
  }

  /// In percent-encoding; ASCII.
  package var text: [UInt8] {
    var text: [UInt8] = []
    text += "WIFI:T:"
    text += self.wifi.security.payloadWord.text
    text += ";S:"
    Self.append(self.wifi.ssid.bytes, to: &text)
    if !self.wifi.passphrase.isEmpty {
      text += ";P:"
      Self.append(self.wifi.passphrase, to: &text)
    }
    if self.wifi.isHidden { text += ";H:true" }
    text += ";;"
    guard let pairing = self.pairing else { return text }
    text += "RELINK:V:1;C:"
    Self.append(pairing.cloud, to: &text)
    text += ";K:"
    Self.append(pairing.token, to: &text)
    text += ";;"
    return text
  }

  /// Encodes all but the unreserved characters and `/`. In particular `\`, which would make a
  /// reader take the text for the other spelling, and all that separates fields.
  private static func append(_ value: [UInt8], to text: inout [UInt8]) {
    for byte in value {
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
        UInt8(ascii: "/"):
        text.append(byte)
      case _ where byte.isASCIILetter || byte.isASCIIDigit:
        text.append(byte)
      default:
        PercentEncoding.append(byte, to: &text)
      }
    }
  }
}

/// Why a payload was refused; offsets count bytes. The raw order is fixed.
package enum PairingPayloadError: Error, Equatable, Sendable {
  /// It does not begin with `WIFI:`.
  case notAPayload
  case tooLong(byteCount: UInt32)
  /// A byte that is not a printable character of ASCII.
  case notASCII(offset: UInt32)
  /// A part that `;;` does not end; the offset is where that part begins.
  case unterminated(offset: UInt32)
  case unknownSecurity(offset: UInt32)
  case missingSSID
  case badSSIDLength(byteCount: UInt32)
  /// Not a passphrase of a network with this security.
  case badPassphrase(byteCount: UInt32)
  case unsupportedVersion
  case missingCloud
  case missingToken
  case duplicateField(offset: UInt32)
  /// A field without a name, or with a value that it cannot have.
  case malformedField(offset: UInt32)
  /// In the `RELINK` part a `%` without two hexadecimal digits, in the Wi-Fi part a `\` before a
  /// character that needs none.
  case badEscape(offset: UInt32)
  /// Something follows the payload.
  case trailingBytes(offset: UInt32)

  /// For people: what is wrong and, where it applies, at which byte; never the payload's text.
  package var description: [UInt8] {
    switch self {
    case .notAPayload: [UInt8]("does not begin with WIFI:")
    case .tooLong(let count): Self.text("longer than 1024 bytes", "byteCount", count)
    case .notASCII(let offset): Self.text("not printable ASCII", "offset", offset)
    case .unterminated(let offset): Self.text("part without ;; at its end", "offset", offset)
    case .unknownSecurity(let offset): Self.text("unknown security", "offset", offset)
    case .missingSSID: [UInt8]("no SSID")
    case .badSSIDLength(let count): Self.text("SSID is not 1-32 bytes", "byteCount", count)
    case .badPassphrase(let count):
      Self.text("passphrase does not fit the security", "byteCount", count)
    case .unsupportedVersion: [UInt8]("version is not 1")
    case .missingCloud: [UInt8]("no cloud")
    case .missingToken: [UInt8]("no pairing token")
    case .duplicateField(let offset): Self.text("duplicate field", "offset", offset)
    case .malformedField(let offset): Self.text("malformed field", "offset", offset)
    case .badEscape(let offset): Self.text("bad escape", "offset", offset)
    case .trailingBytes(let offset): Self.text("bytes after the end", "offset", offset)
    }
  }

  private static func text(
    _ reason: StaticString, _ quantity: StaticString, _ number: UInt32
  ) -> [UInt8] {
    var text = [UInt8](reason)
    text += ", "
    text += quantity
    text += " "
    return text + JSONValue.integer(Int64(number)).bytes
  }
}
