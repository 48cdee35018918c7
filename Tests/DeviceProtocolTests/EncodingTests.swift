import DeviceProtocol
import TestSupport
import Testing

struct EncodingTests {
  @Test(
    arguments: [
      ([], ""), ([0x00], "00"), ([0xde, 0xad, 0xbe, 0xef], "deadbeef"), ([0x0f, 0xf0], "0ff0"),
    ] as [([UInt8], String)])
  func `hexadecimal is written in lower case and read in both`(octets: [UInt8], digits: String) {
    #expect(text(Hexadecimal.encode(octets)) == digits)
    #expect(Hexadecimal.decode(bytes(digits)) == octets)
    #expect(Hexadecimal.decode(bytes(digits.uppercased())) == octets)
  }

  @Test(arguments: ["0", "0g", "g0", "0x00", " 00", "é"])
  func `what is not hexadecimal is refused`(digits: String) {
    #expect(Hexadecimal.decode(bytes(digits)) == nil)
  }

  /// The vectors of RFC 4648 §10, without padding, and both characters of the URL alphabet.
  @Test(arguments: [
    (bytes(""), ""), (bytes("f"), "Zg"), (bytes("fo"), "Zm8"), (bytes("foo"), "Zm9v"),
    (bytes("foob"), "Zm9vYg"), (bytes("fooba"), "Zm9vYmE"), (bytes("foobar"), "Zm9vYmFy"),
    ([0xfb, 0xff, 0xbf], "-_-_"),
  ])
  func `base64url has no padding`(octets: [UInt8], digits: String) {
    #expect(text(Base64URL.encode(octets)) == digits)
    #expect(Base64URL.decode(bytes(digits)) == octets)
  }

  @Test func `base64url of any length is read back`() {
    var random = SeededGenerator(seed: 6)
    for count in 0..<200 {
      let octets = [UInt8].random(count: count, using: &random)
      let digits = Base64URL.encode(octets)
      #expect(digits.count == (count * 4 + 2) / 3)
      #expect(Base64URL.decode(digits) == octets)
    }
  }

  @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm 9v", "Zm9vY"])
  func `base64url that no bytes give is refused`(digits: String) {
    #expect(Base64URL.decode(bytes(digits)) == nil)
  }

  @Test func `CRC-32 has its check value, also in pieces`() {
    #expect(CRC32.of(bytes("123456789")) == 0xcbf4_3926)
    #expect(CRC32.of([]) == 0)
    var checksum = CRC32()
    checksum.update(bytes("12345")[...])
    checksum.update(bytes("6789")[...])
    #expect(checksum.value == 0xcbf4_3926)
  }

  @Test func `CRC-32 is the same whether computed for a chip or for a host`() {
    var random = SeededGenerator(seed: 4)
    for count in 0..<70 {
      let octets = [UInt8].random(count: count, using: &random)
      let first = octets.prefix(Int.random(in: 0...count, using: &random))
      var checksum = CRC32()
      checksum.update(first)
      checksum.update(octets.dropFirst(first.count))
      #expect(checksum.value == ~CRC32.remainderByNibbles(.max, after: octets[...]))
    }
  }

  @Test func `forms are encoded as browsers do`() {
    let fields = [
      FormField(.grantType, bytes("urn:relink:params:oauth:grant-type:pairing")),
      FormField(name: bytes("a b"), value: bytes("ü&=+%*-._~")),
      FormField(name: bytes("empty"), value: []),
    ]
    let encoded =
      "grant_type=urn%3Arelink%3Aparams%3Aoauth%3Agrant-type%3Apairing"
      + "&a+b=%C3%BC%26%3D%2B%25*-._%7E&empty="
    #expect(text(FormEncoding.encode(fields)) == encoded)
    #expect(FormEncoding.decode(bytes(encoded)) == fields)
  }

  @Test(arguments: ["a=%", "a=%4", "a=%4g", "%=b"])
  func `forms with bad escapes are refused`(form: String) {
    #expect(FormEncoding.decode(bytes(form)) == nil)
  }

  @Test func `forms keep repeated and bare fields`() {
    #expect(
      FormEncoding.decode(bytes("&a=1&&a=2&b&=c&d=e=f&")) == [
        FormField(name: bytes("a"), value: bytes("1")),
        FormField(name: bytes("a"), value: bytes("2")),
        FormField(name: bytes("b"), value: []),
        FormField(name: [], value: bytes("c")),
        FormField(name: bytes("d"), value: bytes("e=f")),
      ])
  }

  @Test func `instants saturate`() {
    let end = Instant(milliseconds: .max)
    #expect(end.advanced(byMilliseconds: 1) == end)
    #expect(Instant(milliseconds: 5).milliseconds(since: Instant(milliseconds: 3)) == 2)
    #expect(Instant(milliseconds: 3).milliseconds(since: Instant(milliseconds: 5)) == 0)
  }
}
