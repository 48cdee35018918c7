import CloudCore
import TestSupport
import Testing

struct IdentifierTests {
  private var random = SeededGenerator(seed: 7)

  @Test func `an identifier keeps its text`() throws {
    for text in [
      "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "01234567-89ab-cdef-fedc-ba9876543210", Sample.uuid(1),
    ] {
      #expect(DeviceID(text)?.text == text)
      #expect(DeviceID(text).map { "\($0)" } == text)
    }
  }

  @Test(arguments: [
    "", "x", "01234567-89AB-cdef-fedc-ba9876543210", "0123456789abcdeffedcba9876543210",
    "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100",
    "01234567-89ab-cdef-fedc-ba987654321g", "0123456-789ab-cdef-fedc-ba9876543210",
    "01234567-89ab-cdef-fedcba98765432100", "01234567-89ab-cdef-fedc--a9876543210",
    "{1234567-89ab-cdef-fedc-ba987654321}", "01234567-89ab-cdef-fedc-ba98765432é",
    " 1234567-89ab-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba987654321\0",
  ])
  func `another spelling is no identifier`(text: String) {
    #expect(AccountID(text) == nil)
    #expect(SessionID(text) == nil)
    #expect(DeviceID(text) == nil)
  }

  @Test mutating func `identifiers are ordered as their texts`() {
    var identifiers = (0..<500).map { _ in SessionID(random: &self.random) }
    // Such as differ in one digit alone, anywhere.
    for shift in stride(from: 0 as UInt64, to: 64, by: 4) {
      identifiers.append(SessionID(bits: UUIDBits(high: 0xA << shift, low: 0)))
      identifiers.append(SessionID(bits: UUIDBits(high: 0, low: 0x9 << shift)))
    }
    #expect(
      identifiers.sorted().map(\.text)
        == identifiers.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test mutating func `a random identifier is a UUID of version 4, and of 122 random bits`() {
    var ones = [Int](repeating: 0, count: 128)
    for _ in 0..<1_000 {
      let id = AccountID(random: &self.random)
      let text = Array(id.text.utf8)
      #expect(text[14] == UInt8(ascii: "4"))
      #expect("89ab".utf8.contains(text[19]))
      for bit in 0..<128 {
        let half = bit < 64 ? id.bits.high : id.bits.low
        if half >> UInt64(63 - bit % 64) & 1 == 1 { ones[bit] += 1 }
      }
    }
    let fixed = ones.indices.filter { [0, 1_000].contains(ones[$0]) }
    #expect(fixed == [48, 49, 50, 51, 64, 65])
  }
}

struct FixedBytesTests {
  @Test(arguments: [0, 1, 31, 33, 64])
  func `another number of bytes is none`(count: Int) {
    #expect(Bytes32([UInt8](repeating: 0, count: count)) == nil)
  }

  @Test func `bytes are kept, and any that differs makes another value`() throws {
    let bytes = [UInt8](1...32)
    let value = try #require(Bytes32(bytes))
    #expect(value.bytes == bytes)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x80
      #expect(Bytes32(changed) != value)
    }
    #expect(Set([value, value, Bytes32(repeating: 1)]).count == 2)
  }

  @Test func `random bytes are those of the generator`() {
    var (one, other) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
    #expect(Bytes32(random: &one).bytes == randomBytes(32, from: &other))
    #expect(FixedBytes<13>(random: &one).bytes == randomBytes(13, from: &other))
    #expect(one.next() == other.next())
  }
}
