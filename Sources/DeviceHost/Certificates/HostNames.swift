import Glibc

/// Whether a text is an IPv4 or IPv6 address, without brackets.
func isIPAddress(_ text: String) -> Bool {
  var address = in6_addr()
  return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
}

/// Whether a text is a DNS name: labels of letters, digits and inner hyphens (RFC 1123, section
/// 2.1); the first may be `*`.
func isDNSName(_ text: String) -> Bool {
  let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard (1...253).contains(text.utf8.count) else { return false }
  return labels.enumerated().allSatisfy { index, label in
    if index == 0, labels.count > 1, label.elementsEqual("*".utf8) { return true }
    let hyphen = UInt8(ascii: "-")
    return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
      && label.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), hyphen:
          true
        default:
          false
        }
      }
  }
}
