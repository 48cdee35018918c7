import Testing

@testable import CloudServer

@Suite struct FormTests {
  @Test func `plus signs and escapes are decoded`() throws {
    let form = try Form(parsing: Array("a=1+2&b=%F0%9F%8F%A0&c=x%3Dy%26z".utf8))
    #expect(form["a"] == "1 2")
    #expect(form["b"] == "🏠")
    #expect(form["c"] == "x=y&z")
  }

  @Test(arguments: ["", "a", "a=", "b=1"])
  func `an empty parameter is an absent one`(text: String) throws {
    #expect(try Form(parsing: Array(text.utf8))["a"] == nil)
    #expect(throws: HTTPFailure.invalidRequest("missing parameter 'a'")) {
      try Form(parsing: Array(text.utf8)).require("a")
    }
  }

  @Test(
    arguments: [
      ("a=1&a=2", "parameter 'a' comes more than once"),
      ("a=1&%61=2", "parameter 'a' comes more than once"),
      ("a=&a=", "parameter 'a' comes more than once"),
      ("a=%", "bad percent-encoding in the form"),
      ("a=%4", "bad percent-encoding in the form"),
      ("a=%zz", "bad percent-encoding in the form"),
      ("%=1", "bad percent-encoding in the form"),
      ("a=1 2", "the form has an octet that must be percent-encoded"),
      ("a=ü", "the form has an octet that must be percent-encoded"),
      ("a=1\u{0}", "the form has an octet that must be percent-encoded"),
      ("a=%FF", "parameter 'a' is not UTF-8"),
      ("%22%5C%27%C3%A9=1&%22%5C%27%C3%A9=2", "parameter '%22%5C%27%C3%A9' comes more than once"),
      (
        String(repeating: "%CC%81", count: 40) + "=%FF",
        "parameter '\(String(repeating: "%CC%81", count: 32))...' is not UTF-8"
      ),
      ("%FF=a", "the name of a parameter is not UTF-8"),
    ])
  func `a malformed form is refused`(text: String, description: String) {
    #expect(throws: HTTPFailure.invalidRequest(description)) {
      try Form(parsing: Array(text.utf8))
    }
    // RFC 6749 §5.2.
    #expect(
      description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
  }

  @Test func `a form with too many parameters is refused`() throws {
    let fields = (0..<Form.maximumParameterCount).map { "p\($0)=" }
    _ = try Form(parsing: Array(fields.joined(separator: "&").utf8))
    #expect(throws: HTTPFailure.invalidRequest("the form has more than 64 parameters")) {
      try Form(parsing: Array((fields + ["one-more="]).joined(separator: "&").utf8))
    }
  }
}
