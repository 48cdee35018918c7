/// Where the cloud is: the host and port of an `https` URL.
package struct CloudOrigin: Equatable, Sendable {
  /// A DNS name in lower case or an IP address, without brackets.
  package let host: String
  package let port: UInt16

  /// Reads `https://HOST[:PORT]`, an IPv6 address in brackets; a final slash is allowed.
  ///
  /// - Throws: `HostError` saying which part is wrong, without what may be a password.
  package init(_ url: String) throws(HostError) {
    let attempt = "read the cloud's URL"
    let subject = withoutCredentials(url)
    let prefix = "https://"
    guard url.utf8.count <= 512, url.lowercased().hasPrefix(prefix) else {
      throw HostError(attempt, on: subject, because: "it does not begin with \(prefix)")
    }
    var rest = url.utf8.dropFirst(prefix.utf8.count)
    if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    let host: Substring.UTF8View
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else {
        throw HostError(attempt, on: subject, because: "the address's bracket is not closed")
      }
      host = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
    } else {
      let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      host = rest[..<end]
      rest = rest[end...]
    }
    self.host = String(Substring(host)).lowercased()
    guard isIPAddress(self.host) || isDNSName(self.host) else {
      throw HostError(attempt, on: subject, because: "the host is no DNS name and no IP address")
    }
    if rest.isEmpty {
      self.port = 443
    } else {
      let digits = String(Substring(rest.dropFirst()))
      guard rest.first == UInt8(ascii: ":"), let port = UInt16(digits), port > 0,
        digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      else {
        throw HostError(
          attempt, on: subject, because: "what follows the host is no port from 1 to 65535")
      }
      self.port = port
    }
  }

  /// The host and port as in a `Host` header, the default port left out.
  package var authority: String {
    let host = self.host.utf8.contains(UInt8(ascii: ":")) ? "[\(self.host)]" : self.host
    return self.port == 443 ? host : "\(host):\(self.port)"
  }

  /// The origin's text (RFC 6454, section 6.2).
  package var text: String { "https://\(self.authority)" }
}

/// A URL as it may be shown: without the user and password before an `@`, and what a query or
/// fragment holds.
private func withoutCredentials(_ url: String) -> String {
  var shown = Substring(url)
  if let at = shown.lastIndex(of: "@") { shown = "…" + shown[at...] }
  if let end = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) { shown = shown[..<end] + "…" }
  return String(shown)
}
