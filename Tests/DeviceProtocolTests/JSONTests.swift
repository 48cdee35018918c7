import DeviceProtocol
import TestSupport
import Testing

struct JSONTests {
  @Test(arguments: [
    ("null", JSONValue.null),
    (" true ", .boolean(true)),
    ("false", .boolean(false)),
    ("0", .integer(0)),
    ("-0", .integer(0)),
    ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .decimal(bytes("9223372036854775808"))),
    ("-9223372036854775809", .decimal(bytes("-9223372036854775809"))),
    ("1.50", .decimal(bytes("1.50"))),
    ("-2e+3", .decimal(bytes("-2e+3"))),
    ("1E5", .decimal(bytes("1E5"))),
    (#""""#, .string([])),
    (#""a\"\\\/\b\f\n\r\t\u0041""#, .string(bytes("a\"\\/\u{8}\u{c}\n\r\tA"))),
    (#""\u00e9\u20AC\ud83c\udfe0 🏠""#, .string(bytes("é€🏠 🏠"))),
    (#""\u0000""#, .string([0])),
    ("[ ]", .array([])),
    ("[1,[2],{}]", .array([.integer(1), .array([.integer(2)]), .object([])])),
    (
      "\t{ \"a\" : 1 ,\r\n\"b\":[null]}",
      .object([JSONMember("a", .integer(1)), JSONMember("b", .array([.null]))])
    ),
  ])
  func `documents are read`(document: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: bytes(document)) == value)
  }

  @Test(arguments: [
    ("", JSONError.unexpectedEnd),
    ("  ", .unexpectedEnd),
    ("nul", .unexpectedEnd),
    ("nulL", .unexpectedByte(offset: 3)),
    ("1 2", .unexpectedByte(offset: 2)),
    ("01", .unexpectedByte(offset: 1)),
    ("-", .unexpectedEnd),
    ("+1", .unexpectedByte(offset: 0)),
    ("1.", .unexpectedEnd),
    (".5", .unexpectedByte(offset: 0)),
    ("1e", .unexpectedEnd),
    ("1ex", .unexpectedByte(offset: 2)),
    ("[1,]", .unexpectedByte(offset: 3)),
    ("[1 2]", .unexpectedByte(offset: 3)),
    ("[", .unexpectedEnd),
    ("{\"a\"}", .unexpectedByte(offset: 4)),
    ("{a:1}", .unexpectedByte(offset: 1)),
    ("{\"a\":1,}", .unexpectedByte(offset: 7)),
    ("\"a", .unexpectedEnd),
    ("\"\n\"", .unexpectedByte(offset: 1)),
    (#""\x""#, .badEscape(offset: 1)),
    (#""\u12g4""#, .badEscape(offset: 1)),
    (#""\ud83c""#, .badEscape(offset: 1)),
    (#""\ud83cab""#, .badEscape(offset: 1)),
    (#""\ud83c\u0041""#, .badEscape(offset: 1)),
    (#""\udfe0""#, .badEscape(offset: 1)),
    (#"{"a":1,"b":2,"a":3}"#, .duplicateKey(offset: 13)),
    (#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"d":0}"#, .duplicateKey(offset: 55)),
    (#"{"a":1,"\u0061":3}"#, .duplicateKey(offset: 7)),
  ])
  func `malformed documents are refused where they are`(document: String, error: JSONError) {
    #expect(throws: error) { try JSONValue(parsing: bytes(document)) }
  }

  @Test(
    arguments: [
      [0x22, 0x80, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xe2, 0x82, 0x22], [0x22, 0xf0, 0x9f, 0x8f],
      [0x22, 0xff, 0x22], [0x22, 0xe0, 0x80, 0x80, 0x22],
    ] as [[UInt8]])
  func `strings that are not UTF-8 are refused`(document: [UInt8]) {
    #expect(throws: JSONError.badUTF8(offset: 1)) { try JSONValue(parsing: document) }
  }

  @Test func `nesting is limited to 32`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      bytes(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
    }
    _ = try JSONValue(parsing: nested(32))
    #expect(throws: JSONError.tooDeep(offset: 32)) { try JSONValue(parsing: nested(33)) }
    #expect(throws: JSONError.tooDeep(offset: 32)) {
      try JSONValue(parsing: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))
    }
  }

  @Test func `an object of many members is read in reasonable time`() throws {
    let members = (0..<10_000).map { #""\#($0)":0"# }.joined(separator: ",")
    guard case .object(let read) = try JSONValue(parsing: bytes("{\(members)}")) else {
      Issue.record("not an object")
      return
    }
    #expect(read.count == 10_000)
  }

  @Test func `what is written is compact and escaped`() {
    let value = JSONValue.object([
      JSONMember("text", .string(bytes("\"\\/\u{1}\n\r\t\u{7f}é🏠"))),
      JSONMember("numbers", .array([.integer(.min), .integer(0), .decimal(bytes("1.5"))])),
      JSONMember("other", .array([.null, .boolean(true), .boolean(false), .object([])])),
    ])
    #expect(
      text(value.bytes)
        == #"{"text":"\"\\/\u0001\n\r\t\u007fé🏠","numbers":[-9223372036854775808,0,1.5],"#
        + #""other":[null,true,false,{}]}"#)
  }

  @Test func `bytes that are not UTF-8 are written as replacement characters`() {
    #expect(
      JSONValue.string([0x61, 0xff, 0xe2, 0x82]).bytes == bytes("\"a\u{fffd}\u{fffd}\u{fffd}\""))
  }

  @Test func `members are found by their name`() throws {
    let object = try JSONValue(parsing: bytes(#"{"a":1,"ab":"x"}"#))
    #expect(object["ab"]?.stringBytes == bytes("x"))
    #expect(object["a"]?.integer == 1)
    #expect(object["b"] == nil)
    #expect(JSONValue.array([])["a"] == nil)
    #expect(object["a"]?.stringBytes == nil)
    #expect(object["ab"]?.integer == nil)
  }

  @Test func `any bytes are read or refused, and what is read is written alike`() throws {
    var generator = SeededGenerator(seed: 1)
    let document = bytes(#"{"a":[1,-2.5e3,"x\u00e9\ud83c\udfe0"],"b":{"c":null,"d":true}}"#)
    var readCount = 0
    for round in 0..<20_000 {
      let candidate =
        round % 4 == 0
        ? [UInt8].random(count: Int.random(in: 0...40, using: &generator), using: &generator)
        : document.damaged(using: &generator)
      guard let value = try? JSONValue(parsing: candidate) else { continue }
      readCount += 1
      #expect(try JSONValue(parsing: value.bytes) == value, "round \(round)")
    }
    #expect(readCount > 100)
  }
}
