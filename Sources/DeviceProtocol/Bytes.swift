extension Collection<UInt8> {
  /// Whether these are the UTF-8 bytes of the literal.
  package func isText(_ literal: StaticString) -> Bool {
    literal.withUTF8Buffer { self.elementsEqual($0) }
  }
}

extension [UInt8] {
  /// As of any collection, with the count looked at first.
  package func isText(_ literal: StaticString) -> Bool {
    self.count == literal.utf8CodeUnitCount && literal.withUTF8Buffer { self.elementsEqual($0) }
  }

  /// The UTF-8 bytes of a literal.
  package init(_ literal: StaticString) {
    self = literal.withUTF8Buffer { [UInt8]($0) }
  }

  /// Whether the literal's UTF-8 bytes come first.
  package func hasPrefix(_ literal: StaticString) -> Bool {
    literal.withUTF8Buffer { self.starts(with: $0) }
  }

  package static func += (bytes: inout [UInt8], literal: StaticString) {
    literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }
}

extension UInt8 {
  /// Space and the visible characters of ASCII.
  package var isPrintableASCII: Bool { (0x20...0x7e).contains(self) }

  /// The visible characters of ASCII, without the space.
  package var isVisibleASCII: Bool { (0x21...0x7e).contains(self) }

  var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  var isASCIILetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }

  /// A–Z as a–z, any other byte as it is.
  package var asciiLowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}
