import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct IntrospectionRouteTests {
  private let cloud = TestCloud()

  private static let basic = Data("a+resource+server:the+resource+server%27s+secret".utf8)
    .base64EncodedString()

  private func introspect(
    _ body: String, authorization: String? = "Basic \(basic)"
  ) async throws -> Answer {
    var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
    headers[.authorization] = authorization
    return try await self.cloud.request(
      .post, "/oauth/introspect", headers: headers, body: body)
  }

  @Test func `a live token is told with every member`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let answer = try await self.introspect("token=\(camera.access)&token_type_hint=whatever")
    #expect(answer.status == 200)
    #expect(answer.headers[.contentType] == "application/json")
    #expect(answer.headers[.cacheControl] == "no-store")
    let issued = Int64(self.cloud.clock.now.value / 1_000)
    let json = try answer.json
    #expect(json["active"] == .boolean(true))
    #expect(try answer.string("client_id") == "relink-camera")
    #expect(try answer.string("sub") == app.account)
    #expect(try answer.string("iss") == "https://127.0.0.1:8443")
    #expect(try answer.string("aud") == "https://127.0.0.1:8443")
    #expect(try answer.string("token_type") == "Bearer")
    #expect(try answer.string("token_use") == "access_token")
    #expect(try answer.string("device_id") == CloudFixture.certificate(1).deviceID.text)
    #expect(try answer.string("jti") != nil)
    #expect(json["iat"] == .integer(issued))
    #expect(json["exp"] == .integer(issued + 3_600))
    let thumbprint = Base64URL.encode(CloudFixture.certificate(1).thumbprint.bytes)
    #expect(json["cnf"]?["x5t#S256"] == .string(thumbprint))

    let refresh = try await self.introspect("token=\(app.refresh)")
    #expect(try refresh.json["active"] == .boolean(true))
    #expect(try refresh.string("token_use") == "refresh_token")
    #expect(try refresh.json["exp"] == nil)
    #expect(try refresh.json["cnf"] == nil)
  }

  @Test(
    arguments: [
      #"{"scope":"everyone"}"#, #"{"scope":"kind","kind":"app"}"#,
      #"{"scope":"account","email":"owner@example.org"}"#,
    ])
  func `what was logged out is inactive and nothing more is said`(logout: String) async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.administer(.post, "/admin/v1/logout", body: logout)
    #expect(answer.status == 200)
    for token in [app.access, app.refresh, "nonsense", "%00", "a%20b"] {
      let answer = try await self.introspect("token=\(token)")
      #expect(answer.status == 200)
      #expect(answer.text == #"{"active":false}"#)
    }
  }

  @Test func `a posted secret does too, two ways at once do not`() async throws {
    let app = try await self.cloud.newOwner()
    let posted =
      "token=\(app.access)&client_id=a+resource+server"
      + "&client_secret=the+resource+server%27s+secret"
    let answer = try await self.introspect(posted, authorization: nil)
    #expect(try answer.json["active"] == .boolean(true))
    let both = try await self.introspect(posted)
    #expect(both.status == 400)
    #expect(try both.string("error") == "invalid_request")
  }

  @Test(
    arguments: [
      nil, "Basic", "Basic !", "Basic \(Data("no colon".utf8).base64EncodedString())",
      "Basic \(Data("a+resource+server:wrong".utf8).base64EncodedString())",
      "Basic \(Data("a%ZZ:b".utf8).base64EncodedString())",
      "Basic \(Data("a+resource+server:the+resource+server%27s+secret&x=y".utf8).base64EncodedString())",
      "Bearer the-resource-server's-secret",
    ])
  func `whoever is not a resource server is a 401, whatever they ask`(
    authorization: String?
  ) async throws {
    let app = try await self.cloud.newOwner()
    for body in ["token=\(app.access)", "token=nonsense", "", "client_id=relink-app"] {
      let answer = try await self.introspect(body, authorization: authorization)
      #expect(answer.status == 401)
      #expect(try answer.string("error") == "invalid_client")
      #expect(
        answer.headers[.wwwAuthenticate]
          == (authorization == nil ? nil : #"Basic realm="relink""#))
    }
  }

  @Test func `an access token does not let its holder ask`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.introspect(
      "token=\(app.access)", authorization: "Bearer \(app.access)")
    #expect(answer.status == 401)
  }

  @Test func `a request without a token is a 400`() async throws {
    for body in ["", "token=", "tokens=x"] {
      let answer = try await self.introspect(body)
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_request")
    }
    let json = try await self.cloud.postJSON("/oauth/introspect", "{}")
    #expect(json.status == 415)
    let got = try await self.cloud.request(.get, "/oauth/introspect?token=x")
    #expect(got.status == 405)
  }

  @Test func `a cloud has a resource server, and keeps its secret over a restart`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/data")
    var secrets: [String] = []
    for email in ["ada@example.org", "bob@example.org"] {
      secrets.append(
        try await RunningCloud.with(storage: storage) { cloud in
          let path = folder.path + "/data/resource-server-secret"
          let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
          #expect(mode as? Int == 0o600)
          let secret = try String(contentsOfFile: path, encoding: .utf8)
            .trimmingCharacters(in: .newlines)
          try await cloud.withClient { client in
            let owner = try await cloud.newOwner(email, on: client)
            let reply = try await client.sendForm(
              cloud.origin + "/oauth/introspect",
              [
                ("token", owner.accessText), ("client_id", "relink-resource-server"),
                ("client_secret", secret),
              ])
            #expect(reply.status == 200)
            #expect(try reply.string("iss") == cloud.origin)
            #expect(try reply.json["active"] == .boolean(true))
          }
          return secret
        })
    }
    #expect(secrets[0] == secrets[1])
    #expect(secrets[0].hasPrefix("rlks_"))
  }
}
