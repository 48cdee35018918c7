import NIOCore
import Testing

@testable import CloudServer

@Suite struct StrictDecodingTests {
  @Test(
    arguments: [
      ("", "the body is not valid JSON"),
      ("{", "the body is not valid JSON"),
      ("nonsense", "the body is not valid JSON"),
      (#"{"email":"a@b","password":"x"} "# + "x", "the body is not valid JSON"),
      ("[]", "the body is not a JSON object"),
      ("7", "the body is not a JSON object"),
      ("null", "the body is not a JSON object"),
      (#"{"email":"a@b"}"#, "missing member 'password'"),
      (#"{"email":7,"password":"x"}"#, "member 'email' has the wrong type"),
      (#"{"email":null,"password":"x"}"#, "member 'email' is null"),
      (#"{"email":"a@b","password":"x","admin":true}"#, "unknown member 'admin'"),
      (#"{"email":"a@b","Password":"x"}"#, "unknown member 'Password'"),
      (
        #"{"email":"a@b","password":"x","email":"c@d"}"#,
        "member 'email' comes twice, again in line 1"
      ),
      (
        #"{"email":"a@b","password":"x","\u0065mail":"c@d"}"#,
        "member 'email' comes twice, again in line 1"
      ),
      (
        #"{"email":"a@b","password":"x","a\"b":1,"a\"b":2}"#,
        "member 'a%22b' comes twice, again in line 1"
      ),
      (#"{"email":"a@b","password":"x",}"#, "the body is not valid JSON"),
    ])
  func `a registration of another shape is refused with the member's name`(
    text: String, description: String
  ) {
    #expect(throws: HTTPFailure.invalidRequest(description)) {
      try decodeStrictly(RegistrationBody.self, from: ByteBuffer(string: text))
    }
  }

  @Test(
    arguments: [
      (
        #"{"measurements":[{"sequence":1,"at":2}]}"#,
        "missing member 'measurements[0].weight_grams'"
      ),
      (
        #"{"measurements":[{"sequence":1,"at":2,"weight_grams":3},{"sequence":-1,"at":2,"weight_grams":3}]}"#,
        "member 'measurements[1].sequence' has a value that is not allowed"
      ),
      (
        #"{"measurements":[{"sequence":4294967296,"at":2,"weight_grams":3}]}"#,
        "member 'measurements[0].sequence' has a value that is not allowed"
      ),
      (
        #"{"measurements":[{"sequence":1.5,"at":2,"weight_grams":3}]}"#,
        "member 'measurements[0].sequence' has a value that is not allowed"
      ),
      (
        #"{"measurements":[{"sequence":1,"at":2,"weight_grams":3,"unit":"kg"}]}"#,
        "unknown member 'measurements[0].unit'"
      ),
      (
        #"{"measurements":[{"sequence":1,"sequence":2,"at":2,"weight_grams":3}]}"#,
        "member 'sequence' comes twice, again in line 1"
      ),
      (#"{"measurements":{}}"#, "member 'measurements' has the wrong type"),
    ])
  func `an element of another shape is refused with its path`(text: String, description: String) {
    #expect(throws: HTTPFailure.invalidRequest(description)) {
      try decodeStrictly(MeasurementsBody.self, from: ByteBuffer(string: text))
    }
  }

  @Test func `deeply nested JSON is refused`() {
    let text = String(repeating: "[", count: 60_000)
    #expect(throws: HTTPFailure.self) {
      try decodeStrictly(RegistrationBody.self, from: ByteBuffer(string: text))
    }
  }

  @Test func `the name of an unknown member is cut`() {
    let name = String(repeating: "x", count: 1_000)
    #expect(
      throws: HTTPFailure.invalidRequest("unknown member '\(name.prefix(64))...'")
    ) {
      try decodeStrictly(RegistrationBody.self, from: ByteBuffer(string: "{\"\(name)\":1}"))
    }
  }

  @Test func `a refusal never carries the value`() throws {
    let text = #"{"email":"a@b","password":["hunter2-secret"]}"#
    let failure = #expect(throws: HTTPFailure.self) {
      try decodeStrictly(RegistrationBody.self, from: ByteBuffer(string: text))
    }
    #expect(!"\(try #require(failure))".contains("hunter2"))
  }
}
