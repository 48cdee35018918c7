/// Which redirect URIs a client may use.
enum RedirectURI {
  private static let loopbackOrigins = ["http://127.0.0.1", "http://[::1]"]

  /// Whether they are the same, byte for byte, but for the port of a loopback redirect: a native
  /// app listens on whichever is free (RFC 8252 §7.3).
  static func matches(_ presented: String, registered: String) -> Bool {
    if presented.utf8.elementsEqual(registered.utf8) { return true }
    guard
      let origin = self.loopbackOrigins.first(where: { registered.hasPrefix($0 + "/") }),
      presented.hasPrefix(origin + ":")
    else { return false }
    let rest = presented.utf8.dropFirst(origin.utf8.count + 1)
    let port = rest.prefix { (0x30...0x39).contains($0) }
    guard port.count <= 5, let number = Int(String(decoding: port, as: UTF8.self)),
      (1...65_535).contains(number)
    else { return false }
    return rest.dropFirst(port.count).elementsEqual(registered.utf8.dropFirst(origin.utf8.count))
  }
}
