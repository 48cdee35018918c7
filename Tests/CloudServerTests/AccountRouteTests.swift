import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct AccountRouteTests {
  private let cloud = TestCloud()

  @Test func `an account is opened once, whatever the case of its address`() async throws {
    let body = #"{"email":"Owner@Example.org","password":"correct horse"}"#
    let answer = try await self.cloud.postJSON("/v1/accounts", body)
    #expect(answer.status == 201)
    #expect(try answer.string("email") == "owner@example.org")
    #expect(try answer.string("account_id")?.count == 36)

    let again = try await self.cloud.postJSON("/v1/accounts", body)
    #expect(again.status == 409)
    #expect(try again.string("error") == "conflict")
  }

  @Test(
    arguments: [
      (
        #"{"email":"nobody","password":"correct horse"}"#,
        "member 'email' is not an e-mail address"
      ),
      (
        #"{"email":"a@b.c","password":"short"}"#,
        "member 'password' is refused: it needs at least 8 characters"
      ),
      (
        #"{"email":"a@b.c","password":"\#(String(repeating: "x", count: 1_025))"}"#,
        "member 'password' is refused: it may have at most 1024 bytes of UTF-8"
      ),
      (#"{"email":"a@b.c","password":"correct horse","admin":true}"#, "unknown member 'admin'"),
    ])
  func `a bad registration is refused`(body: String, description: String) async throws {
    let answer = try await self.cloud.postJSON("/v1/accounts", body)
    #expect(answer.status == 400)
    #expect(try answer.string("error") == "invalid_request")
    #expect(try answer.string("error_description") == description)
    #expect(!answer.text.contains("correct horse"))
  }

  @Test func `registrations beyond the queue are told to come again`() async throws {
    let cloud = TestCloud(passwords: PasswordWorkers(threadCount: 1, queueCount: 1))
    let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
      for number in 0..<12 {
        group.addTask {
          try await cloud.postJSON(
            "/v1/accounts", #"{"email":"owner\#(number)@b.c","password":"correct horse"}"#)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.contains { $0.status == 201 })
    let refused = try #require(answers.first { $0.status == 503 })
    #expect(refused.headers[.retryAfter] == "1")
    #expect(try refused.string("error") == "temporarily_unavailable")
  }
}
