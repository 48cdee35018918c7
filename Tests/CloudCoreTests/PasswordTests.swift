import CloudCore
import TestSupport
import Testing

struct PasswordTests {
  @Test(arguments: [(0, false), (7, false), (8, true), (1_024, true), (1_025, false)])
  func `a password has 8 to 1,024 bytes`(byteCount: Int, isAccepted: Bool) {
    #expect((Password(String(repeating: "p", count: byteCount)) != nil) == isAccepted)
  }

  @Test func `a hash is scrypt's, as other programs compute it`() throws {
    // Both computed by Python's hashlib.scrypt.
    let hashes = [
      CloudFixture.passwordHash.text,
      "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$6W7GuoxjojaYIg83x_wEKSXUMMf-reyc6wSvA8q7ny8",
    ]
    for text in hashes {
      let hash = try #require(PasswordHash(text: text))
      #expect(hash.text == text)
      #expect(try hash.verify(CloudFixture.password).matches)
      #expect(try !hash.verify(Secret("correct horse batterY")).matches)
      #expect(try !hash.verify(Secret("")).matches)
      #expect(try !hash.verify(Secret(String(repeating: "x", count: 1_025))).matches)
    }
  }

  @Test func `a new hash has its own salt and survives being stored`() throws {
    var random = SeededGenerator(seed: 1)
    let password = try #require(Password("a good password"))
    let one = try PasswordHash(of: password, random: &random)
    let other = try PasswordHash(of: password, random: &random)
    #expect(one.text != other.text)
    #expect(one.text.hasPrefix("$scrypt$ln=14,r=8,p=1$"))
    #expect(PasswordHash(text: one.text) == one)
    #expect(try one.verify(Secret("a good password")).matches)
  }

  @Test(arguments: [
    "", "$scrypt", "scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$x",
    "$scrypt$ln=30,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk",
    "$scrypt$ln=10,r=8,p=1$AAEC$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk",
    "$argon2$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$hKGWL22WtdGfIbxEPAZ06BS2bWyYKuZIKvypfAlYOWk",
  ])
  func `what is no hash is not read as one`(text: String) {
    #expect(PasswordHash(text: text) == nil)
  }

  @Test(arguments: [
    ("a@b", "a@b"), ("Owner+Tag@Example.ORG", "owner+tag@example.org"), ("ü@x", "ü@x"),
    ("", nil), ("ab", nil), ("@b", nil), ("a@", nil), ("a@b@c", nil), ("a b@c", nil),
    ("a\n@c", nil), ("a\u{0}@c", nil), ("a\u{A0}@c", nil),
    (String(repeating: "a", count: 252) + "@b", String(repeating: "a", count: 252) + "@b"),
    (String(repeating: "a", count: 253) + "@b", nil),
  ])
  func `an e-mail address is folded, or refused`(text: String, folded: String?) {
    #expect(EmailAddress(text)?.text == folded)
  }
}
