import DeviceProtocol

/// Which URLs events may be posted to.
enum ReceiverEndpoint {
  static let largestByteCount = 2_048

  /// Whether it is an absolute https URL, or one of http on this machine: the events say who was
  /// logged out, and the header may carry a secret.
  static func isAllowed(_ text: String) -> Bool {
    guard text.utf8.count <= self.largestByteCount, TargetURI(text) != nil, !text.contains("#")
    else { return false }
    let isHTTPS = text.lowercased().hasPrefix("https://")
    let authority = text.dropFirst(isHTTPS ? "https://".count : "http://".count)
      .prefix { $0 != "/" && $0 != "?" }
    // No host needs an escape, and what an HTTP client makes of one may be anything: of `%5B%5D` none.
    guard !authority.contains("%") else { return false }
    if isHTTPS { return true }
    return ["localhost", "127.0.0.1", "[::1]"].contains { host in
      // Then at most a port, of which the form was looked at above.
      authority.lowercased() == host || authority.lowercased().hasPrefix(host + ":")
    }
  }

  /// Whether it can be the value of a header field (RFC 9110 §5.5), and is not too long for one.
  static func isHeaderValue(_ text: String) -> Bool {
    (1...4_096).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
      && text.utf8.first != 0x20 && text.utf8.last != 0x20
  }
}
