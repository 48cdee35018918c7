import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct BadRequestTests {
  private let cloud = TestCloud(bodyByteCount: 1_000)

  @Test(arguments: ["/", "/nothing", "/v1", "/v1/devices/a/b/c", "/oauth", "/admin/v1/status"])
  func `an unknown path is a 404 in JSON`(path: String) async throws {
    let answer = try await self.cloud.request(.get, path)
    #expect(answer.status == 404)
    #expect(try answer.string("error") == "not_found")
    #expect(answer.headers[.xContentTypeOptions] == "nosniff")
  }

  @Test(
    arguments: [
      (HTTPRequest.Method.post, "/health", "GET"),
      (.get, "/v1/accounts", "POST"),
      (.put, "/oauth/authorize", "GET, POST"),
      (.get, "/oauth/token", "POST"),
      (.post, "/v1/devices/x", "DELETE, GET"),
      (.get, "/v1/device/binding", "DELETE"),
      (HTTPRequest.Method("BREW")!, "/v1/session", "GET"),
    ])
  func `a wrong method is a 405 that says which are right`(
    method: HTTPRequest.Method, path: String, allowed: String
  ) async throws {
    let answer = try await self.cloud.request(method, path)
    #expect(answer.status == 405)
    #expect(answer.headers[.allow] == allowed)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test(
    arguments: [
      nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
      "application/json; charset=latin1", "multipart/form-data",
    ])
  func `JSON under another name is a 415`(contentType: String?) async throws {
    var headers = HTTPFields()
    headers[.contentType] = contentType
    let answer = try await self.cloud.request(
      .post, "/v1/accounts", headers: headers, body: #"{"email":"a@b.c","password":"12345678"}"#)
    #expect(answer.status == 415)
    #expect(try answer.string("error") == "invalid_request")
  }

  @Test(
    arguments: [
      "application/json", "Application/JSON", "application/json; charset=utf-8",
      "application/json;charset=UTF-8", #"application/json; charset="utf-8""#,
    ])
  func `JSON's own names are taken`(contentType: String) async throws {
    let answer = try await self.cloud.request(
      .post, "/v1/accounts", headers: [.contentType: contentType], body: "{}")
    #expect(answer.status == 400)
  }

  @Test func `a form under another name is a 415`() async throws {
    let answer = try await self.cloud.request(
      .post, "/oauth/token", headers: [.contentType: "application/json"], body: "{}")
    #expect(answer.status == 415)
  }

  @Test(arguments: [
    ("/v1/accounts", "application/json"), ("/oauth/token", "application/x-www-form-urlencoded"),
  ])
  func `a body over the limit is a 413`(path: String, contentType: String) async throws {
    for (byteCount, status) in [(1_000, 400), (1_001, 413), (500_000, 413)] {
      let answer = try await self.cloud.request(
        .post, path, headers: [.contentType: contentType],
        body: String(repeating: "x", count: byteCount))
      #expect(answer.status == status, "\(byteCount) bytes")
    }
  }

  @Test func `a form that is malformed is a 400`() async throws {
    for body in ["grant_type=%", "grant_type=a&grant_type=b", "grant_type=\u{1F3E0}"] {
      let answer = try await self.cloud.request(
        .post, "/oauth/token", headers: [.contentType: "application/x-www-form-urlencoded"],
        body: body)
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_request")
    }
  }
}
