import DeviceProtocol

/// An http or https URI without query and fragment, in the normal form of RFC 3986 §6.2.2 and
/// §6.2.3: two that are equal by their rules have one form.
struct TargetURI: Equatable, Sendable {
  private let scheme: [UInt8]
  private let authority: [UInt8]
  private let path: [UInt8]

  /// Nil for what is no such URI.
  init?(_ text: String) {
    var rest = Array(text.utf8)[...]
    guard rest.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }),
      let colon = rest.firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    self.scheme = rest[..<colon].map(\.asciiLowercased)
    rest = rest[(colon + 1)...]
    let standardPort: [UInt8]
    switch String(decoding: self.scheme, as: UTF8.self) {
    case "https": standardPort = Array("443".utf8)
    case "http": standardPort = Array("80".utf8)
    default: return nil
    }
    guard rest.starts(with: "//".utf8) else { return nil }
    rest = rest.dropFirst(2)
    let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
    guard let authority = Self.authority(rest[..<end], standardPort: standardPort) else {
      return nil
    }
    self.authority = authority
    rest = rest[end...]
    let path = rest.prefix { !"?#".utf8.contains($0) }
    guard let normal = Self.percentNormalized(path) else { return nil }
    self.path = Self.withoutDotSegments(normal)
  }

  /// Without user information, which no such URI has; nil for what names no host.
  private static func authority(_ text: ArraySlice<UInt8>, standardPort: [UInt8]) -> [UInt8]? {
    guard !text.contains(UInt8(ascii: "@")) else { return nil }
    var host = text
    var port: ArraySlice<UInt8> = []
    // Not a colon inside the brackets of an IPv6 address.
    if let colon = text.lastIndex(of: UInt8(ascii: ":")),
      !text[colon...].contains(UInt8(ascii: "]"))
    {
      host = text[..<colon]
      port = text[(colon + 1)...]
    }
    guard !host.isEmpty, !host.elementsEqual("[]".utf8),
      port.allSatisfy({ (0x30...0x39).contains($0) }),
      let normal = self.percentNormalized(host[...])
    else { return nil }
    let significant = port.drop { $0 == UInt8(ascii: "0") }
    // An empty one is the scheme's own; else it is 1 to 65535.
    guard port.isEmpty || UInt16(String(decoding: significant, as: UTF8.self)) != nil else {
      return nil
    }
    let name = normal.map(\.asciiLowercased)
    return significant.isEmpty || significant.elementsEqual(standardPort)
      ? name : name + [UInt8(ascii: ":")] + significant
  }

  /// Escapes in upper case, and none of what needs none (§6.2.2.1, §6.2.2.2); nil for a `%` without
  /// two hexadecimal digits.
  private static func percentNormalized(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var normal: [UInt8] = []
    normal.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      guard text[index] == UInt8(ascii: "%") else {
        normal.append(text[index])
        index += 1
        continue
      }
      guard index + 2 < text.endIndex, let high = Hexadecimal.value(text[index + 1]),
        let low = Hexadecimal.value(text[index + 2])
      else { return nil }
      let byte = high << 4 | low
      if self.isUnreserved(byte) {
        normal.append(byte)
      } else {
        normal.append(UInt8(ascii: "%"))
        normal += Hexadecimal.encode([byte]).map { (0x61...0x66).contains($0) ? $0 - 0x20 : $0 }
      }
      index += 3
    }
    return normal
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "-._~".utf8.contains(byte)
    }
  }

  /// §5.2.4, of a path that is empty or begins with a slash.
  private static func withoutDotSegments(_ path: [UInt8]) -> [UInt8] {
    var kept: [ArraySlice<UInt8>] = []
    let segments = path.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch String(decoding: segment, as: UTF8.self) {
      case ".":
        if isLast { kept.append([]) }
      case "..":
        _ = kept.popLast()
        if isLast { kept.append([]) }
      default: kept.append(segment)
      }
    }
    return kept.isEmpty ? [UInt8(ascii: "/")] : kept.flatMap { [UInt8(ascii: "/")] + $0 }
  }
}
