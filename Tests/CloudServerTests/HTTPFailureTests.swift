import CloudCore
import HTTPTypes
import Hummingbird
import Testing

@testable import CloudServer

@Suite struct HTTPFailureTests {
  @Test(
    arguments: [
      (HTTPFailure.invalidRequest("x"), 400, "invalid_request"),
      (.unsupportedGrantType, 400, "unsupported_grant_type"),
      (.noCredentials, 401, "invalid_token"),
      (.tokenRefused(.expired), 401, "invalid_token"),
      (.insufficientScope("x"), 403, "insufficient_scope"),
      (.notFound("x"), 404, "not_found"),
      (.methodNotAllowed(allowed: [.get]), 405, "invalid_request"),
      (.conflict("x"), 409, "conflict"),
      (.bodyTooLarge(limitByteCount: 1), 413, "invalid_request"),
      (.unsupportedContentType(expected: "x"), 415, "invalid_request"),
      (.forbiddenHost, 421, "invalid_request"),
      (.tooManyRequests(retryAfterSeconds: 1), 429, "too_many_requests"),
      (.unavailable("x", retryAfterSeconds: 1), 503, "temporarily_unavailable"),
      (.unexpected, 500, "server_error"),
    ])
  func `each failure has its status and its word`(
    failure: HTTPFailure, status: Int, error: String
  ) {
    #expect(failure.answer.status.code == status)
    #expect(failure.answer.body.error == error)
  }

  @Test(
    arguments: [
      (HTTPFailure.noCredentials, HTTPField.Name.wwwAuthenticate, #"Bearer realm="relink""#),
      (
        .tokenRefused(.wrongCertificate), .wwwAuthenticate,
        #"Bearer realm="relink", error="invalid_token", error_description="the access token is bound to another certificate""#
      ),
      (.methodNotAllowed(allowed: [.post, .get]), .allow, "GET, POST"),
      (.tooManyRequests(retryAfterSeconds: 7), .retryAfter, "7"),
      (.unavailable("x", retryAfterSeconds: 9), .retryAfter, "9"),
    ])
  func `a failure's header`(failure: HTTPFailure, name: HTTPField.Name, value: String) {
    #expect(failure.answer.headers[name] == value)
  }

  @Test(arguments: [(true, #"Basic realm="relink""#), (false, nil)] as [(Bool, String?)])
  func `a client that used the Authorization header is challenged`(
    usedAuthorization: Bool, challenge: String?
  ) async throws {
    let cloud = TestCloud()
    var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    if usedAuthorization { headers[.authorization] = "Basic bm9ib2R5Og==" }
    for (path, body) in [
      ("/oauth/token", "grant_type=refresh_token&refresh_token=x&client_id=nobody"),
      ("/oauth/revoke", "token=x&client_id=nobody"),
    ] {
      let answer = try await cloud.request(.post, path, headers: headers, body: body)
      #expect(answer.status == 401)
      #expect(try answer.string("error") == "invalid_client")
      #expect(answer.headers[.wwwAuthenticate] == challenge)
    }
  }

  @Test(
    arguments: [
      (TokenRefusal.expired, "expired"), (.loggedOut(nil), "logged_out"),
      (.sessionEnded, "session_ended"), (.tokenUnknown, "token_unknown"),
      (.wrongCertificate, "wrong_certificate"), (.wrongScheme, "wrong_scheme"),
      (.wrongKey, "wrong_key"),
    ])
  func `a dead token's reason is a fixed word`(refusal: TokenRefusal, reason: String) {
    #expect(HTTPFailure.tokenRefused(refusal).answer.body.reason == reason)
  }
}
