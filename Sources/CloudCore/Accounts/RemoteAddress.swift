/// The peer's address as text, without the port.
package struct RemoteAddress: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }

  /// As which its failures are counted: one IPv4 address, or the 64-bit prefix that one IPv6 customer
  /// has the whole of; what is neither stays as it is.
  package var network: RemoteAddress {
    guard let groups = Self.groups(self.text.prefix { $0 != "%" }) else { return self }
    if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
      // An IPv4 address on an IPv6 socket (RFC 4291 §2.5.5.2).
      let octets = groups[6...].flatMap { [$0 >> 8, $0 & 0xFF] }
      return RemoteAddress(octets.map { "\($0)" }.joined(separator: "."))
    }
    return RemoteAddress(
      groups[..<4].map { String($0, radix: 16) }.joined(separator: ":") + "::/64")
  }

  /// The eight groups of an IPv6 address (RFC 4291 §2.2); nil for any other text.
  private static func groups(_ text: Substring) -> [UInt16]? {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return nil }
    var sides = [text]
    if let gap = text.firstIndex(of: ":", followedBy: ":") {
      sides = [text[..<gap], text[text.index(gap, offsetBy: 2)...]]
    }
    var groups: [[UInt16]] = []
    for (index, side) in sides.enumerated() {
      guard let read = Self.read(side, isLast: index == sides.count - 1) else { return nil }
      groups.append(read)
    }
    if groups.count == 1 { return groups[0].count == 8 ? groups[0] : nil }
    let missing = 8 - groups[0].count - groups[1].count
    guard missing >= 1 else { return nil }
    return groups[0] + [UInt16](repeating: 0, count: missing) + groups[1]
  }

  /// Groups with colons between them, of which the last two may be an IPv4 address.
  private static func read(_ text: Substring, isLast: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(".") {
        let octets = part.split(separator: ".", omittingEmptySubsequences: false)
          .map { UInt8($0) }
        guard octets.count == 4, let a = octets[0], let b = octets[1], let c = octets[2],
          let d = octets[3]
        else { return nil }
        groups += [UInt16(a) << 8 | UInt16(b), UInt16(c) << 8 | UInt16(d)]
      } else {
        guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16) else {
          return nil
        }
        groups.append(group)
      }
    }
    return groups
  }
}

extension Substring {
  /// Where the first of two equal characters stands side by side.
  fileprivate func firstIndex(of one: Character, followedBy two: Character) -> Index? {
    zip(self.indices, self.indices.dropFirst()).first { self[$0] == one && self[$1] == two }?.0
  }
}
