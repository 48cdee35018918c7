import DeviceProtocol
import Testing

@testable import CloudServer

/// The check that all other tests rely on finds what it is there to find.
@Suite struct ContractTests {
  private static let common = [
    ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
  ]
  private static let json = [("Content-Type", "application/json")]

  private func problems(
    _ method: String = "GET", _ uri: String = "/health", status: Int = 200,
    headers: [(String, String)] = Self.common + Self.json, body: String? = #"{"status":"ok"}"#
  ) -> [String] {
    Contract.ofPublicListener.problems(method, uri, status: status, headers: headers, body: body)
  }

  @Test func `an answer as documented is right`() {
    #expect(self.problems() == [])
    #expect(self.problems("GET", "/health?x") == [])
    #expect(self.problems(headers: Self.common + Self.json + [("Date", "x")]) == [])
  }

  @Test func `a status, a header and a content type must be listed`() {
    #expect(self.problems(status: 201) == ["the status is not listed"])
    #expect(self.problems(status: 404) == ["the status is not listed"])
    #expect(
      self.problems(headers: Self.common + Self.json + [("Location", "/")])
        == ["header Location is not listed"])
    #expect(
      self.problems(headers: Array(Self.common.dropFirst()) + Self.json)
        == ["header Cache-Control is missing"])
    #expect(
      self.problems(headers: Self.common + [("Content-Type", "text/plain")])
        == ["text/plain is not listed"])
    #expect(self.problems(headers: Self.common) == ["no content type is not listed"])
  }

  @Test func `a body must be of the schema, without a member that is not documented`() {
    #expect(self.problems(body: "{}") == ["$: has no 'status'"])
    #expect(self.problems(body: #"{"status":"no"}"#) == [#"$.status: is not "ok""#])
    #expect(
      self.problems(body: #"{"status":"ok","more":1}"#)
        == ["$: has 'more', which is not documented"])
    #expect(self.problems(body: "[]").first == "$: is no object")
    #expect(self.problems(body: "{").first?.hasPrefix("the body is no JSON") == true)
  }

  @Test func `a path and a method that are not documented have their own answers`() {
    let refusal = #"{"error":"not_found","error_description":"x"}"#
    #expect(self.problems("GET", "/nothing", status: 404, body: refusal) == [])
    #expect(self.problems("GET", "/nothing") == ["the status is not listed"])
    #expect(self.problems("POST", "/health", status: 404, body: refusal).count == 1)
    let allow = Self.common + Self.json + [("Allow", "GET")]
    #expect(self.problems("POST", "/health", status: 405, headers: allow, body: refusal) == [])
    #expect(
      self.problems("POST", "/health", status: 405, body: refusal) == ["header Allow is missing"])
  }

  @Test func `a refusal's words are the documented ones`() {
    #expect(
      self.problems(status: 500, body: #"{"error":"oops","error_description":"x"}"#).count == 1)
    #expect(
      self.problems(
        status: 500,
        body: #"{"error":"server_error","error_description":"x","reason":"new_word"}"#
      ).count == 1)
  }
}
