/// Reads one JSON document from bytes in memory.
struct JSONParser {
  /// Arrays and objects may be nested this deep.
  static let depthLimit = 32

  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func parseDocument() throws(JSONError) -> JSONValue {
    let value = try self.parseValue(depth: 0)
    self.skipWhitespace()
    guard self.index == self.bytes.count else { throw .unexpectedByte(offset: self.offset) }
    return value
  }

  private var offset: UInt32 { UInt32(clamping: self.index) }

  private func peek() throws(JSONError) -> UInt8 {
    guard self.index < self.bytes.count else { throw .unexpectedEnd }
    return self.bytes[self.index]
  }

  private mutating func next() throws(JSONError) -> UInt8 {
    let byte = try self.peek()
    self.index += 1
    return byte
  }

  private mutating func skipWhitespace() {
    while self.index < self.bytes.count {
      switch self.bytes[self.index] {
      case 0x20, 0x09, 0x0a, 0x0d: self.index += 1
      default: return
      }
    }
  }

  /// Takes this byte after white space, or refuses what is there.
  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    self.skipWhitespace()
    guard try self.peek() == byte else { throw .unexpectedByte(offset: self.offset) }
    self.index += 1
  }

  /// Takes this byte after white space, if it is there.
  private mutating func take(_ byte: UInt8) throws(JSONError) -> Bool {
    self.skipWhitespace()
    guard try self.peek() == byte else { return false }
    self.index += 1
    return true
  }

  private mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
    self.skipWhitespace()
    switch try self.peek() {
    case UInt8(ascii: "{"): return try self.parseObject(depth: depth)
    case UInt8(ascii: "["): return try self.parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try self.parseString())
    case UInt8(ascii: "t"): return try self.parseWord("true", .boolean(true))
    case UInt8(ascii: "f"): return try self.parseWord("false", .boolean(false))
    case UInt8(ascii: "n"): return try self.parseWord("null", .null)
    default: return try self.parseNumber()
    }
  }

  private mutating func parseWord(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    for letter in [UInt8](word) {
      guard try self.peek() == letter else { throw .unexpectedByte(offset: self.offset) }
      self.index += 1
    }
    return value
  }

  private mutating func enter(depth: Int) throws(JSONError) {
    guard depth < Self.depthLimit else { throw .tooDeep(offset: self.offset) }
    self.index += 1
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
    try self.enter(depth: depth)
    var elements: [JSONValue] = []
    if try self.take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try self.parseValue(depth: depth + 1))
      if try self.take(UInt8(ascii: "]")) { return .array(elements) }
      try self.expect(UInt8(ascii: ","))
    }
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
    try self.enter(depth: depth)
    var members: [JSONMember] = []
    var keyOffsets: [UInt32] = []
    if try self.take(UInt8(ascii: "}")) { return .object(members) }
    members.reserveCapacity(Self.fewMembers)
    keyOffsets.reserveCapacity(Self.fewMembers)
    while true {
      self.skipWhitespace()
      guard try self.peek() == UInt8(ascii: "\"") else {
        throw .unexpectedByte(offset: self.offset)
      }
      keyOffsets.append(self.offset)
      let key = try self.parseString()
      try self.expect(UInt8(ascii: ":"))
      members.append(JSONMember(key: key, value: try self.parseValue(depth: depth + 1)))
      if try self.take(UInt8(ascii: "}")) { break }
      try self.expect(UInt8(ascii: ","))
    }
    try Self.refuseDuplicateKeys(of: members, at: keyOffsets)
    return .object(members)
  }

  /// So few are compared each with each.
  private static let fewMembers = 8

  /// Compares neighbours in sorted order: a peer's object of thousands of members must not cost a
  /// comparison of each with each.
  private static func refuseDuplicateKeys(
    of members: [JSONMember], at offsets: [UInt32]
  ) throws(JSONError) {
    if members.count <= Self.fewMembers {
      for later in members.indices.dropFirst() {
        for earlier in 0..<later where members[earlier].key == members[later].key {
          throw .duplicateKey(offset: offsets[later])
        }
      }
      return
    }
    var order: [Int] = []
    order.append(contentsOf: members.indices)
    order.sort { left, right in
      let (leftKey, rightKey) = (members[left].key, members[right].key)
      return leftKey == rightKey ? left < right : leftKey.lexicographicallyPrecedes(rightKey)
    }
    for position in order.indices.dropFirst()
    where members[order[position]].key == members[order[position - 1]].key {
      throw .duplicateKey(offset: offsets[order[position]])
    }
  }

  private mutating func parseNumber() throws(JSONError) -> JSONValue {
    let start = self.index
    let isNegative = self.takeDirectly(UInt8(ascii: "-"))
    if !self.takeDirectly(UInt8(ascii: "0")) { try self.takeDigits() }
    let digits = self.bytes[(isNegative ? start + 1 : start)..<self.index]
    var isInteger = true
    if self.takeDirectly(UInt8(ascii: ".")) {
      isInteger = false
      try self.takeDigits()
    }
    if self.takeDirectly(UInt8(ascii: "e")) || self.takeDirectly(UInt8(ascii: "E")) {
      isInteger = false
      if !self.takeDirectly(UInt8(ascii: "+")) { _ = self.takeDirectly(UInt8(ascii: "-")) }
      try self.takeDigits()
    }
    if isInteger, let number = Self.integer(digits: digits, isNegative: isNegative) {
      return .integer(number)
    }
    return .decimal([UInt8](self.bytes[start..<self.index]))
  }

  /// Takes this byte if it is the very next.
  private mutating func takeDirectly(_ byte: UInt8) -> Bool {
    guard self.index < self.bytes.count, self.bytes[self.index] == byte else { return false }
    self.index += 1
    return true
  }

  /// Takes one digit or more.
  private mutating func takeDigits() throws(JSONError) {
    guard try self.peek().isASCIIDigit else { throw .unexpectedByte(offset: self.offset) }
    while self.index < self.bytes.count, self.bytes[self.index].isASCIIDigit { self.index += 1 }
  }

  /// Nil when the number does not fit 64 bits. Counts downwards, since the least number has no
  /// positive counterpart.
  private static func integer(digits: ArraySlice<UInt8>, isNegative: Bool) -> Int64? {
    var number: Int64 = 0
    for digit in digits {
      let (shifted, overflow) = number.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      let (sum, underflow) = shifted.subtractingReportingOverflow(
        Int64(digit - UInt8(ascii: "0")))
      guard !underflow else { return nil }
      number = sum
    }
    if isNegative { return number }
    let (positive, overflow) = Int64(0).subtractingReportingOverflow(number)
    return overflow ? nil : positive
  }

  private mutating func parseString() throws(JSONError) -> [UInt8] {
    self.index += 1
    // Most strings are plain ASCII: those are taken at once.
    let start = self.index
    self.skipPlainASCII()
    var text = [UInt8](self.bytes[start..<self.index])
    while true {
      let byte = try self.peek()
      switch byte {
      case UInt8(ascii: "\""):
        self.index += 1
        return text
      case UInt8(ascii: "\\"):
        try self.parseEscape(into: &text)
      case 0..<0x20:
        throw .unexpectedByte(offset: self.offset)
      default:
        guard let count = UTF8Sequence.byteCount(in: self.bytes, at: self.index) else {
          throw .badUTF8(offset: self.offset)
        }
        text.append(contentsOf: self.bytes[self.index..<self.index + count])
        self.index += count
      }
    }
  }

  /// Up to the next byte that ends a string or needs a closer look.
  private mutating func skipPlainASCII() {
    while self.index < self.bytes.count {
      let byte = self.bytes[self.index]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
      else { return }
      self.index += 1
    }
  }

  private mutating func parseEscape(into text: inout [UInt8]) throws(JSONError) {
    let start = self.offset
    self.index += 1
    switch try self.next() {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): UTF8Sequence.append(scalar: try self.parseScalar(start), to: &text)
    default: throw .badEscape(offset: start)
    }
  }

  /// The scalar of `\uXXXX`, or of a surrogate pair in two such escapes; the first `\u` is taken.
  private mutating func parseScalar(_ start: UInt32) throws(JSONError) -> UInt32 {
    let first = try self.parseHexadecimal(start)
    guard (0xd800...0xdfff).contains(first) else { return first }
    guard first < 0xdc00, try self.next() == UInt8(ascii: "\\"),
      try self.next() == UInt8(ascii: "u")
    else { throw .badEscape(offset: start) }
    let second = try self.parseHexadecimal(start)
    guard (0xdc00...0xdfff).contains(second) else { throw .badEscape(offset: start) }
    return 0x1_0000 + (first - 0xd800) << 10 + (second - 0xdc00)
  }

  private mutating func parseHexadecimal(_ start: UInt32) throws(JSONError) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Hexadecimal.value(try self.next()) else { throw .badEscape(offset: start) }
      number = number << 4 | UInt32(digit)
    }
    return number
  }
}
