import CloudCore
import DeviceProtocol
import Testing

struct OneTimePasswordTests {
  private let password = OneTimePassword(secret: Array("12345678901234567890".utf8))

  @Test func `codes of a counter are those of RFC 4226, appendix D`() {
    let codes = [
      "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
      "520489",
    ]
    for (counter, code) in codes.enumerated() {
      #expect(self.password.code(counter: UInt64(counter)) == code)
    }
  }

  @Test(arguments: [
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
  ])
  func `codes of a time are those of RFC 6238, appendix B`(seconds: UInt64, code: String) {
    let step = OneTimePassword.step(at: UnixMilliseconds(seconds * 1_000))
    #expect(self.password.code(counter: step, digitCount: 8) == code)
  }

  private static let now = UnixMilliseconds(1_577_352_075_000)

  @Test func `the step before and the one after do too, others do not`() {
    let present = OneTimePassword.step(at: Self.now)
    for offset in -3...3 {
      let step = UInt64(Int(present) + offset)
      let found = self.password.step(
        of: self.password.code(counter: step), lastUsed: 0, at: Self.now)
      #expect(found == (abs(offset) <= 1 ? step : nil), "\(offset)")
    }
  }

  @Test func `a code works once, and none before it does after it`() {
    let present = OneTimePassword.step(at: Self.now)
    for (code, lastUsed, isAccepted) in [
      (present, present, false), (present - 1, present, false), (present + 1, present, true),
      (present, present - 1, true), (present, present + 1, false),
    ] {
      let found = self.password.step(
        of: self.password.code(counter: code), lastUsed: lastUsed, at: Self.now)
      #expect((found == code) == isAccepted)
    }
  }

  @Test func `a clock that has jumped back locks nobody out`() {
    let present = OneTimePassword.step(at: Self.now)
    let found = self.password.step(
      of: self.password.code(counter: present), lastUsed: present + 2_000, at: Self.now)
    #expect(found == present)
  }

  @Test func `at the beginning of time there is no step before`() {
    let code = self.password.code(counter: 1)
    #expect(self.password.step(of: code, lastUsed: 0, at: UnixMilliseconds(0)) == 1)
  }

  @Test(arguments: ["", "1", "12345", "1234567", "abcdef", "75522４", "\0\0\0\0\0\0"])
  func `what is no code is none`(text: String) {
    #expect(self.password.step(of: text, lastUsed: 0, at: Self.now) == nil)
  }

  @Test(arguments: [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
    ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
  ])
  func `Base32 is that of RFC 4648, section 10`(bytes: String, text: String) {
    #expect(Base32.encode(Array(bytes.utf8)) == text)
    #expect(Base32.decode(text.utf8) == Array(bytes.utf8))
    #expect(Base32.decode(text.lowercased().utf8) == Array(bytes.utf8))
  }

  @Test(arguments: ["M", "MZX", "MZXW6Y", "MZ", "M1", "MY======", "MZXW6YTBO"])
  func `what is no Base32 is not read`(text: String) {
    #expect(Base32.decode(text.utf8) == nil)
  }
}
