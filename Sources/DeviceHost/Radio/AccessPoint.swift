package import DeviceProtocol

/// A radio that sends a network's name, and the router and line behind it.
package struct AccessPoint: Equatable {
  package let ssid: SSID
  package let security: WiFiSecurity
  /// Empty for an open network.
  package let passphrase: [UInt8]
  /// A hidden network is found only by who asks for it.
  package let isHidden: Bool
  package let signalDBm: Int8
  package let isRouterUp: Bool
  /// Whether the line behind the router works.
  package let hasInternet: Bool

  package init(
    ssid: SSID, security: WiFiSecurity, passphrase: [UInt8], isHidden: Bool = false,
    signalDBm: Int8 = -50, isRouterUp: Bool = true, hasInternet: Bool = true
  ) {
    self.ssid = ssid
    self.security = security
    self.passphrase = passphrase
    self.isHidden = isHidden
    self.signalDBm = signalDBm
    self.isRouterUp = isRouterUp
    self.hasInternet = hasInternet
  }

  /// Whether a device with these credentials sees this network as the one that it looks for.
  ///
  /// As wpa_supplicant does, it looks for the name together with the security: `WPA` in a QR code
  /// means WPA2 and WPA3 (SAE), every other word itself.
  func isFound(by credentials: WiFiCredentials) -> Bool {
    guard self.ssid == credentials.ssid, !self.isHidden || credentials.isHidden else {
      return false
    }
    return self.security == credentials.security
      || credentials.security == .wpa2 && self.security == .sae
  }

  /// Whether the credentials' secret is the network's.
  func accepts(_ credentials: WiFiCredentials) -> Bool {
    // Equal passphrases are equal keys; the slow derivation is for the other spelling only.
    if self.passphrase == credentials.passphrase { return true }
    guard self.security == .wpa2,
      self.passphrase.count == 64 || credentials.passphrase.count == 64,
      let key = preSharedKey(passphrase: self.passphrase, ssid: self.ssid)
    else { return false }
    return key == preSharedKey(passphrase: credentials.passphrase, ssid: self.ssid)
  }
}
