import COpenSSL
package import DeviceProtocol

/// The 32-byte key that a WPA2 passphrase stands for in the network of this name: PBKDF2 with
/// HMAC-SHA-1 and 4,096 rounds, or what 64 hexadecimal digits spell (IEEE 802.11, annex J.4).
///
/// - Returns: Nil for a passphrase that WPA2 does not allow.
package func preSharedKey(passphrase: [UInt8], ssid: SSID) -> [UInt8]? {
  guard WiFiSecurity.wpa2.accepts(passphrase: passphrase) else { return nil }
  if passphrase.count == 64 { return Hexadecimal.decode(passphrase) }
  var key = [UInt8](repeating: 0, count: 32)
  let derived = passphrase.withUnsafeBytes { password in
    PKCS5_PBKDF2_HMAC_SHA1(
      password.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(password.count), ssid.bytes,
      CInt(ssid.bytes.count), 4_096, CInt(key.count), &key)
  }
  ERR_clear_error()
  return derived == 1 ? key : nil
}
