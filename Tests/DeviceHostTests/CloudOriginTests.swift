import DeviceCore
import Testing

@testable import DeviceHost

@Suite struct CloudOriginTests {
  @Test(
    arguments: [
      ("https://localhost:8443", "localhost", 8443, "https://localhost:8443"),
      ("HTTPS://LocalHost", "localhost", 443, "https://localhost"),
      ("https://cloud.example.org:443/", "cloud.example.org", 443, "https://cloud.example.org"),
      ("https://127.0.0.1:1/", "127.0.0.1", 1, "https://127.0.0.1:1"),
      ("https://[::1]:8443", "::1", 8443, "https://[::1]:8443"),
      ("https://[2001:DB8::1]", "2001:db8::1", 443, "https://[2001:db8::1]"),
    ] as [(String, String, UInt16, String)])
  func `a URL names host and port`(url: String, host: String, port: UInt16, text: String) throws {
    let origin = try CloudOrigin(url)
    #expect(origin.host == host)
    #expect(origin.port == port)
    #expect(origin.text == text)
  }

  @Test(arguments: [
    "", "localhost:8443", "http://localhost", "https://", "https:///", "https://:8443",
    "https://user@localhost", "https://localhost:0", "https://localhost:65536",
    "https://localhost:", "https://localhost:+8", "https://localhost:8x", "https://localhost/path",
    "https://localhost?x", "https://[::1", "https://[::1]x", "https://[]", "https://::1",
    "https://-a.example", "https://a..b", "https://a b",
    "https://" + String(repeating: "a", count: 600),
  ])
  func `what is no origin is refused`(url: String) {
    #expect(throws: HostError.self) { try CloudOrigin(url) }
  }

  @Test(arguments: [
    ("https://user:secret@localhost:8443", "…@localhost:8443"),
    ("http://secret@secret@localhost", "…@localhost"),
    ("https://localhost/?token=secret", "https://localhost/…"),
    ("https://localhost#secret", "https://localhost…"),
  ])
  func `a URL with credentials is refused without them`(url: String, subject: String) {
    #expect {
      try CloudOrigin(url)
    } throws: { error in
      (error as? HostError)?.subject == subject && !"\(error)".contains("secret")
    }
  }

  @Test func `a request holds its parts, and no line end of a token`() throws {
    let request = Request(
      id: RequestID(1), name: .heartbeat, method: .post, path: [UInt8]("/v1/x".utf8),
      accessToken: [UInt8]("a\r\nb c".utf8), contentType: .json, body: [UInt8]("{}".utf8))
    let text = String(
      decoding: encode(request, to: try CloudOrigin("https://[::1]:8443")), as: UTF8.self)
    #expect(
      text == """
        POST /v1/x HTTP/1.1\r
        Host: [::1]:8443\r
        User-Agent: relink-device\r
        Authorization: Bearer abc\r
        Accept: application/json\r
        Content-Type: application/json\r
        Content-Length: 2\r
        \r
        {}
        """)
  }
}
