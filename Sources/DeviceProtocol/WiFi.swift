/// A network's name: 1–32 octets, not a string (IEEE 802.11). Equal bytes are the same network.
package struct SSID: Equatable, Hashable, Sendable {
  // In place rather than on the heap: every device and every record of one has it.
  private var octets = InlineArray<32, UInt8>(repeating: 0)
  private var count: UInt8

  /// Nil unless 1–32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard (1...32).contains(bytes.count) else { return nil }
    for index in bytes.indices { self.octets[index] = bytes[index] }
    self.count = UInt8(bytes.count)
  }

  package var bytes: [UInt8] { (0..<Int(self.count)).map { self.octets[$0] } }

  package static func == (left: SSID, right: SSID) -> Bool {
    // The octets after the last are 0 in both.
    left.count == right.count
      && left.octets.indices.allSatisfy { left.octets[$0] == right.octets[$0] }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(self.count)
    for index in 0..<Int(self.count) { hasher.combine(self.octets[index]) }
  }

  /// Printable ASCII that keeps every octet apart: `\` and `"` with a `\` before them, what is not
  /// printable as `\xNN` (as wpa_supplicant prints it).
  package var description: [UInt8] {
    var text: [UInt8] = []
    for byte in self.bytes {
      switch byte {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): text += [UInt8(ascii: "\\"), byte]
      case _ where byte.isPrintableASCII: text.append(byte)
      default: text += [UInt8]("\\x") + Hexadecimal.encode([byte])
      }
    }
    return text
  }
}

package enum WiFiSecurity: UInt8, Equatable, Sendable {
  case open = 0
  case wpa2 = 1
  case sae = 2
  case wep = 3

  /// Whether a network of this security can have this passphrase at all.
  ///
  /// Open: none. WPA2: 8–63 bytes of 32–126, or 64 hexadecimal digits (IEEE 802.11 annex J.4). SAE:
  /// any that is not empty. WEP: a key of 5, 13 or 16 bytes, or twice as many hexadecimal digits.
  package func accepts(passphrase: [UInt8]) -> Bool {
    switch self {
    case .open: return passphrase.isEmpty
    case .sae: return !passphrase.isEmpty
    case .wpa2:
      if passphrase.count == 64 { return Hexadecimal.decode(passphrase) != nil }
      return (8...63).contains(passphrase.count) && passphrase.allSatisfy { $0.isPrintableASCII }
    case .wep:
      switch passphrase.count {
      case 5, 13, 16: return true
      case 10, 26, 32: return Hexadecimal.decode(passphrase) != nil
      default: return false
      }
    }
  }
}

package struct WiFiCredentials: Equatable, Sendable {
  package let ssid: SSID
  package let security: WiFiSecurity
  /// Empty for an open network. WPA2: 8–63 bytes of 32–126, or 64 hexadecimal digits (the PSK).
  package let passphrase: [UInt8]
  package let isHidden: Bool

  package init(ssid: SSID, security: WiFiSecurity, passphrase: [UInt8], isHidden: Bool) {
    self.ssid = ssid
    self.security = security
    self.passphrase = passphrase
    self.isHidden = isHidden
  }
}
