/// The value of `T` in a payload.
enum PayloadSecurityWord: WireWord {
  case wpa, sae, wep, noPassphrase

  var text: StaticString {
    switch self {
    case .wpa: "WPA"
    case .sae: "SAE"
    case .wep: "WEP"
    case .noPassphrase: "nopass"
    }
  }

  var security: WiFiSecurity {
    switch self {
    case .wpa: .wpa2
    case .sae: .sae
    case .wep: .wep
    case .noPassphrase: .open
    }
  }
}

extension WiFiSecurity {
  var payloadWord: PayloadSecurityWord {
    switch self {
    case .open: .noPassphrase
    case .wpa2: .wpa
    case .sae: .sae
    case .wep: .wep
    }
  }
}

/// Reads a payload that begins with `WIFI:` and is printable ASCII.
struct PairingPayloadParser {
  /// How a value is written.
  private enum Spelling {
    case backslash
    case percent
    /// As printed by who does not escape: a `%` without two hexadecimal digits stands for itself.
    case lenientPercent
  }

  /// A field `N:value`, still encoded.
  private struct Field {
    let name: UInt8
    let value: ArraySlice<UInt8>
    var offset: UInt32 { UInt32(clamping: self.value.startIndex - 2) }
  }

  private let text: [UInt8]
  private var index = 0

  init(_ text: [UInt8]) { self.text = text }

  mutating func parse() throws(PairingPayloadError) -> PairingPayload {
    let start = self.index
    let wifiFields = try self.parsePart("WIFI:", escapes: true)
    let spelling: Spelling =
      self.text[start..<self.index].contains(UInt8(ascii: "\\")) ? .backslash : .lenientPercent
    let wifi = try Self.wifi(of: wifiFields, spelling)
    guard self.index < self.text.count else { return PairingPayload(wifi: wifi, pairing: nil) }
    guard [UInt8](self.text[self.index...]).hasPrefix("RELINK:") else {
      throw .trailingBytes(offset: UInt32(clamping: self.index))
    }
    let pairing = try Self.pairing(of: try self.parsePart("RELINK:", escapes: false))
    guard self.index == self.text.count else {
      throw .trailingBytes(offset: UInt32(clamping: self.index))
    }
    return PairingPayload(wifi: wifi, pairing: pairing)
  }

  /// Takes `NAME:`, fields that each end with `;`, and the `;` that ends the part.
  ///
  /// - Parameter escapes: Whether a `\` takes the byte after it into the value.
  private mutating func parsePart(
    _ name: StaticString, escapes: Bool
  ) throws(PairingPayloadError) -> [Field] {
    let unterminated = PairingPayloadError.unterminated(offset: UInt32(clamping: self.index))
    self.index += name.utf8CodeUnitCount
    var fields: [Field] = []
    while true {
      let start = self.index
      while self.index < self.text.count, self.text[self.index] != UInt8(ascii: ";") {
        self.index += escapes && self.text[self.index] == UInt8(ascii: "\\") ? 2 : 1
      }
      guard self.index < self.text.count else { throw unterminated }
      let end = self.index
      self.index += 1
      guard end > start else { return fields }
      guard end - start >= 2, self.text[start].isASCIILetter,
        self.text[start + 1] == UInt8(ascii: ":")
      else { throw .malformedField(offset: UInt32(clamping: start)) }
      fields.append(Field(name: self.text[start], value: self.text[(start + 2)..<end]))
    }
  }

  /// The one field of this name; nil when there is none.
  private static func field(
    _ name: UInt8, in fields: [Field]
  ) throws(PairingPayloadError) -> Field? {
    var found: Field?
    for field in fields where field.name == name {
      guard found == nil else { throw .duplicateField(offset: field.offset) }
      found = field
    }
    return found
  }

  private static func wifi(
    of fields: [Field], _ spelling: Spelling
  ) throws(PairingPayloadError) -> WiFiCredentials {
    var security = WiFiSecurity.open
    if let field = try Self.field(UInt8(ascii: "T"), in: fields) {
      guard let word = PayloadSecurityWord(try Self.decode(field, spelling)) else {
        throw .unknownSecurity(offset: field.offset)
      }
      security = word.security
    }
    guard let ssidField = try Self.field(UInt8(ascii: "S"), in: fields) else {
      throw .missingSSID
    }
    let ssidBytes = try Self.decode(ssidField, spelling)
    guard let ssid = SSID(ssidBytes) else {
      throw .badSSIDLength(byteCount: UInt32(clamping: ssidBytes.count))
    }
    var passphrase: [UInt8] = []
    if let field = try Self.field(UInt8(ascii: "P"), in: fields) {
      passphrase = try Self.decode(field, spelling)
    }
    guard security.accepts(passphrase: passphrase) else {
      throw .badPassphrase(byteCount: UInt32(clamping: passphrase.count))
    }
    return WiFiCredentials(
      ssid: ssid, security: security, passphrase: passphrase,
      isHidden: try Self.isHidden(fields, spelling))
  }

  private static func isHidden(
    _ fields: [Field], _ spelling: Spelling
  ) throws(PairingPayloadError) -> Bool {
    guard let field = try Self.field(UInt8(ascii: "H"), in: fields) else { return false }
    let word = try Self.decode(field, spelling)
    if word.isText("true") { return true }
    guard word.isEmpty || word.isText("false") else {
      throw .malformedField(offset: field.offset)
    }
    return false
  }

  private static func pairing(
    of fields: [Field]
  ) throws(PairingPayloadError) -> PairingPayload.Pairing {
    func value(_ name: UInt8) throws(PairingPayloadError) -> [UInt8] {
      guard let field = try Self.field(name, in: fields) else { return [] }
      return try Self.decode(field, .percent)
    }
    guard try value(UInt8(ascii: "V")).isText("1") else { throw .unsupportedVersion }
    let cloud = try value(UInt8(ascii: "C"))
    guard !cloud.isEmpty else { throw .missingCloud }
    let token = try value(UInt8(ascii: "K"))
    guard !token.isEmpty else { throw .missingToken }
    return PairingPayload.Pairing(cloud: cloud, token: token)
  }

  private static func decode(
    _ field: Field, _ spelling: Spelling
  ) throws(PairingPayloadError) -> [UInt8] {
    switch spelling {
    case .percent:
      do throws(PercentEncoding.BadEscape) {
        return try PercentEncoding.decode(field.value)
      } catch {
        throw .badEscape(offset: UInt32(clamping: error.index))
      }
    case .lenientPercent:
      if isPlanted(.ssidEscapesKept) { return [UInt8](field.value) }
      return PercentEncoding.decodeLeniently(field.value)
    case .backslash:
      return try Self.removeBackslashes(field.value)
    }
  }

  private static func removeBackslashes(
    _ value: ArraySlice<UInt8>
  ) throws(PairingPayloadError) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = value.startIndex
    while index < value.endIndex {
      if value[index] == UInt8(ascii: "\\") {
        guard value.endIndex - index > 1, value[index + 1].needsBackslash else {
          throw .badEscape(offset: UInt32(clamping: index))
        }
        index += 1
      }
      bytes.append(value[index])
      index += 1
    }
    return bytes
  }
}

extension UInt8 {
  /// The characters that ZXing's spelling escapes.
  fileprivate var needsBackslash: Bool {
    switch self {
    case UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\""),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
