import DeviceProtocol

/// The record `.wifi`.
extension WiFiCredentials {
  private static let version: UInt8 = 1

  /// Nil for bytes that are not such a record.
  init?(record: [UInt8]) {
    var reader = LittleEndianReader(record)
    guard reader.number(UInt8.self) == Self.version,
      let security = reader.number(UInt8.self).flatMap({ WiFiSecurity(rawValue: $0) }),
      let isHidden = reader.number(UInt8.self), isHidden <= 1,
      let ssid = reader.countedBytes().flatMap({ SSID($0) }),
      let passphrase = reader.countedBytes(), reader.isAtEnd,
      security.accepts(passphrase: passphrase)
    else { return nil }
    self.init(ssid: ssid, security: security, passphrase: passphrase, isHidden: isHidden == 1)
  }

  var record: [UInt8] {
    var bytes: [UInt8] = [Self.version, self.security.rawValue, self.isHidden ? 1 : 0]
    bytes.append(counted: self.ssid.bytes)
    bytes.append(counted: self.passphrase)
    return bytes
  }
}
