import CloudCore
import TestSupport
import Testing

struct ChosenPasswordTests {
  private static let email = EmailAddress("ada.lovelace@analytical.example")!

  private func refusal(_ text: String, list: PasswordList = .empty) -> PasswordRefusal? {
    do {
      _ = try Password(choosing: text, for: Self.email, notIn: list)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    "password", "Password1", "P@$$w0rd123", "passw0rd", "12345678", "1234567890", "87654321",
    "11111111", "aaaaaaaa", "abcabcabc", "abcdefgh", "qwertyuiop", "Qwertz123", "1q2w3e4r",
    "letmein!", "iloveyou", "1loveyou", "trustno1", "dragon2019", "monkeymonkey", "sunshine!!",
    "abc123456", "a12345678", "12341234", "Welcome1!", "football99", "24121987", "19871224",
    "12241987", "Sh4d0w!!", "!!!!!!!!", "ababababab", "zaq12wsx",
  ])
  func `what guessers try first is refused`(text: String) {
    #expect(self.refusal(text) == .common)
  }

  @Test(arguments: [
    "calculating-engine", "correct horse", "nanoseconds-of-wire-1952", "a good password",
    "xkcd-936-staple", "83920175839", "39281746", "Übergrößenträger", "пароль без правил",
    "🐴🔋📎✅🐴🔋📎✅🧷", "tr0ub4dor&3", "passwordless future", "for-measuring",
    "dragon-8391-2746-1182",
  ])
  func `there are no rules of composition`(text: String) {
    #expect(self.refusal(text) == nil)
  }

  @Test(arguments: [
    "ada.lovelace@analytical.example", "lovelace1815", "Lovelace-Ada", "relink-lovelace",
    "relink2026!", "RELINKRELINK", "analytical1",
  ])
  func `little more than the address or the service's name is refused`(text: String) {
    #expect(self.refusal(text) == .context)
  }

  @Test func `the address may be a part of a longer password`() {
    #expect(self.refusal("lovelace wrote note G") == nil)
  }

  @Test func `characters are counted, not bytes`() {
    #expect(self.refusal("ÄÖÜäöüß") == .tooShort)
    #expect(self.refusal("ÄÖÜäöüßé") == nil)
    // 64 characters of four bytes each, which NIST SP 800-63B wants allowed.
    #expect(self.refusal(String(repeating: "🐴🔋📎🧷", count: 16)) == nil)
    #expect(self.refusal(String(repeating: "long ", count: 205)) == .tooLong)
  }

  @Test func `what is in the operator's list is refused, whatever the case`() throws {
    let list = try Self.list(["correct horse", "Größenwahn"])
    #expect(self.refusal("Correct Horse", list: list) == .common)
    #expect(self.refusal("größenwahn", list: list) == .common)
    #expect(self.refusal("correct horses", list: list) == nil)
  }

  static func list(_ passwords: [String]) throws -> PasswordList {
    var builder = PasswordList.Builder()
    for password in passwords { builder.count(password.utf8) }
    builder.endCounting()
    for password in passwords {
      let isAdded = builder.add(password.utf8)
      #expect(isAdded)
    }
    return try #require(builder.list())
  }

  @Test func `a large list has all that is in it, and nearly nothing else`() throws {
    let list = try Self.list((0..<20_000).map { "password number \($0)" })
    #expect(list.count == 20_000)
    #expect((0..<20_000).allSatisfy { list.contains("Password Number \($0)".utf8) })
    #expect(!(20_000..<60_000).contains { list.contains("password number \($0)".utf8) })
    #expect(!PasswordList.empty.contains("password number 1".utf8))
  }

  @Test func `a list is not made of other passwords than were counted`() {
    var more = PasswordList.Builder()
    more.count("one".utf8)
    more.endCounting()
    let isAdded = more.add("another".utf8)
    #expect(!isAdded)
    #expect(more.list() == nil)
    var fewer = PasswordList.Builder()
    fewer.count("one".utf8)
    fewer.endCounting()
    #expect(fewer.list() == nil)
  }
}
