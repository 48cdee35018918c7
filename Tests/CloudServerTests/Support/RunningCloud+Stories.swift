import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

extension RunningCloud {
  /// Opens an account over HTTP and logs its app in.
  func newOwner(_ email: String, on client: HTTPClient) async throws -> TokenResponse {
    let account = try await client.send(
      "POST", self.origin + "/v1/accounts",
      body: #"{"email":"\#(email)","password":"\#(TestCloud.password)"}"#)
    try #require(account.status == 201)
    return try await self.signIn(email, on: client)
  }

  func signIn(_ email: String, on client: HTTPClient) async throws -> TokenResponse {
    let decided = try await client.sendForm(
      self.origin + "/oauth/authorize",
      TestCloud.authorizationFields + [
        ("email", email), ("password", TestCloud.password), ("decision", "allow"),
      ])
    let location = try #require(decided.headers["location"])
    let items = try #require(URLComponents(string: location)?.queryItems)
    let code = try #require(items.first { $0.name == "code" }?.value)
    let granted = try await client.sendForm(
      self.origin + "/oauth/token",
      [
        ("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", CloudFixture.redirectURI), ("client_id", "relink-app"),
        ("code_verifier", CloudFixture.codeVerifier.text),
      ])
    return try TokenResponse(parsing: Array(granted.text.utf8))
  }

  func pair(owner: TokenResponse, ownerClient: HTTPClient, deviceClient: HTTPClient) async throws
    -> TokenResponse
  {
    let created = try await ownerClient.send(
      "POST", self.origin + "/v1/pairing-tokens", body: "{}", token: owner.accessText)
    let pairingToken = try #require(try created.string("pairing_token"))
    let granted = try await deviceClient.sendForm(
      self.origin + "/oauth/token",
      [
        ("grant_type", "urn:relink:params:oauth:grant-type:pairing"),
        ("pairing_token", pairingToken), ("client_id", "relink-camera"), ("model", "cam-1"),
        ("firmware_version", "1.0.0"),
      ])
    return try TokenResponse(parsing: Array(granted.text.utf8))
  }

  func refresh(_ token: String, clientID: String, on client: HTTPClient) async throws -> Reply {
    try await client.sendForm(
      self.origin + "/oauth/token",
      [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", clientID)])
  }

  /// Opens the event stream of a token.
  func events(_ token: String, on client: HTTPClient) async throws -> EventReader {
    var request = HTTPClientRequest(url: self.origin + "/v1/events")
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    let response = try await client.execute(request, timeout: .seconds(60))
    Contract.ofPublicListener.hold(
      "GET", "/v1/events", status: Int(response.status.code),
      headers: response.headers.map { ($0.name, $0.value) }, body: nil)
    try #require(response.status == .ok)
    try #require(response.headers["content-type"] == ["text/event-stream"])
    return EventReader(body: response.body)
  }
}

extension TokenResponse {
  var accessText: String { String(decoding: self.accessToken, as: UTF8.self) }
  var refreshText: String { String(decoding: self.refreshToken, as: UTF8.self) }
}

/// Reads a stream's blocks, of which each ends with an empty line.
///
/// Unchecked: a test reads from it one event after the other, never two at once.
final class EventReader: @unchecked Sendable {
  private var iterator: HTTPClientResponse.Body.AsyncIterator
  private var unread = ""

  init(body: HTTPClientResponse.Body) { self.iterator = body.makeAsyncIterator() }

  /// The next event as `NAME DATA`; nil at the end of the stream. Comments are skipped.
  func next() async throws -> String? {
    while true {
      while let end = self.unread.range(of: "\n\n") {
        let block = String(self.unread[..<end.lowerBound])
        self.unread.removeSubrange(..<end.upperBound)
        guard !block.hasPrefix(":") else { continue }
        return block.replacing("event: ", with: "").replacing("\ndata: ", with: " ")
      }
      guard let bytes = try await self.iterator.next() else { return nil }
      self.unread += String(buffer: bytes)
    }
  }
}
