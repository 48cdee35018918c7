import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// What `/.well-known/oauth-authorization-server` promises (RFC 8414), held against what is done.
@Suite struct MetadataTests {
  private static let secret = "a secret of sixteen or more"
  private let cloud = TestCloud(
    clients: OAuthClient.builtIn() + [
      OAuthClient(
        id: "speaker", kind: .alexa, redirectURIs: ["https://layla.test/cb"],
        policy: TokenPolicy(rotation: .strict),
        authentication: .secret(ClientSecretHash(of: Secret(secret))))
    ])
  private static let issuer = "https://127.0.0.1:8443"

  private func metadata() async throws -> [String: [String]] {
    let answer = try await self.cloud.request(.get, "/.well-known/oauth-authorization-server")
    #expect(answer.status == 200)
    let object = try JSONSerialization.jsonObject(with: Data(answer.text.utf8))
    let members = try #require(object as? [String: Any])
    return members.mapValues { value in
      (value as? [String]) ?? (value as? Bool).map { ["\($0)"] } ?? (value as? String).map { [$0] }
        ?? ["\(value)"]
    }
  }

  @Test func `nothing is promised that is not held against the cloud here`() async throws {
    #expect(
      try await Set(self.metadata().keys) == [
        "issuer", "authorization_endpoint", "token_endpoint", "revocation_endpoint",
        "introspection_endpoint", "device_authorization_endpoint", "jwks_uri",
        "response_types_supported", "response_modes_supported", "grant_types_supported",
        "code_challenge_methods_supported", "token_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_methods_supported",
        "tls_client_certificate_bound_access_tokens",
        "authorization_response_iss_parameter_supported", "dpop_signing_alg_values_supported",
      ])
  }

  /// RFC 8414 §2, §3, §3.3
  @Test func `the issuer is an https URL without query or fragment, where its metadata is`()
    async throws
  {
    try await RunningCloud.with { cloud in
      try await cloud.withClient { client in
        let url = cloud.origin + "/.well-known/oauth-authorization-server"
        let answer = try await client.send("GET", url)
        #expect(answer.status == 200)
        let issuer = try #require(try answer.string("issuer"))
        #expect(issuer == cloud.origin)
        let parts = try #require(URLComponents(string: issuer))
        #expect(parts.scheme == "https")
        #expect(parts.host?.isEmpty == false)
        #expect(parts.path.isEmpty && parts.query == nil && parts.fragment == nil)
        #expect(!issuer.contains("?") && !issuer.contains("#"))
      }
    }
    let posted = try await self.cloud.request(.post, "/.well-known/oauth-authorization-server")
    #expect(posted.status == 405)
    #expect(posted.headers[.allow] == "GET")
  }

  /// RFC 8414 §3.2
  @Test func `the answer is JSON, in which no member is empty`() async throws {
    let answer = try await self.cloud.request(.get, "/.well-known/oauth-authorization-server")
    #expect(answer.status == 200)
    #expect(answer.headers[.contentType] == "application/json")
    guard case .object(let members) = try answer.json else {
      Issue.record("no object")
      return
    }
    #expect(members.count == 17)
    let empty: [JSONValue] = [.null, .array([]), .object([]), .string([])]
    for member in members {
      #expect(!empty.contains(member.value), "\(String(decoding: member.key, as: UTF8.self))")
    }
  }

  @Test func `proofs are taken by the promised algorithms`() async throws {
    let promised = try await self.metadata()["dpop_signing_alg_values_supported"]
    let makers = ["ES256": ProofMaker(), "EdDSA": ProofMaker.ed25519()]
    #expect(promised.map(Set.init) == Set(makers.keys))
    for (_, maker) in makers {
      let proof = maker.proof("POST", Self.issuer + "/oauth/token", at: self.cloud.clock.now)
      let answer = try await self.cloud.postForm(
        "/oauth/token",
        [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "relink-app")],
        headers: [.dpop: proof])
      #expect(try answer.string("error") == "invalid_grant")
    }
  }

  @Test func `each endpoint is there, and each of ours is told`() async throws {
    let metadata = try await self.metadata()
    #expect(metadata["issuer"] == [Self.issuer])
    var paths: Set<String> = []
    for (name, values) in metadata where name.hasSuffix("_endpoint") || name == "jwks_uri" {
      let url = try #require(values.first)
      #expect(url.hasPrefix(Self.issuer + "/"))
      let path = String(url.dropFirst(Self.issuer.count))
      paths.insert(path)
      let isRead = ["jwks_uri", "authorization_endpoint"].contains(name)
      let answer = try await self.cloud.request(isRead ? .get : .post, path)
      #expect(![404, 405].contains(answer.status), "\(name)")
    }
    let routes = OpenRoute.allCases.map(\.route.path).filter { $0.hasPrefix("/oauth/") }
    #expect(paths == Set(routes))
  }

  @Test func `the grants are those that the token endpoint knows`() async throws {
    let promised = try #require(try await self.metadata()["grant_types_supported"])
    let others = [
      "password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer",
      "urn:ietf:params:oauth:grant-type:token-exchange", "Refresh_Token", "",
    ]
    #expect(Set(promised).count == promised.count)
    for grant in promised + others {
      let answer = try await self.cloud.postForm(
        "/oauth/token", [("grant_type", grant), ("client_id", "relink-app")])
      #expect(answer.status == 400)
      let error = try #require(try answer.string("error"))
      #expect(
        (error == "unsupported_grant_type") == (others.contains(grant) && !grant.isEmpty),
        "\(grant): \(error)")
    }
    // Each of them may be used by a client that is there.
    let usable = OAuthClient.builtIn().flatMap(\.grants).map { "\($0.text)" }
    #expect(Set(usable) == Set(promised))
  }

  @Test func `response types, modes and challenge methods are those of the page`() async throws {
    let metadata = try await self.metadata()
    #expect(metadata["response_types_supported"] == ["code"])
    #expect(metadata["response_modes_supported"] == ["query"])
    #expect(metadata["code_challenge_methods_supported"] == ["S256"])
    for (responseType, method, isTaken) in [
      ("code", "S256", true), ("token", "S256", false), ("id_token", "S256", false),
      ("code token", "S256", false), ("code", "plain", false), ("code", "s256", false),
    ] {
      let fields = [
        ("response_type", responseType), ("client_id", "relink-app"),
        ("redirect_uri", CloudFixture.redirectURI), ("code_challenge", CloudFixture.codeChallenge),
        ("code_challenge_method", method),
      ]
      let query = FormEncoding.encode(
        fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
      let answer = try await self.cloud.request(
        .get, "/oauth/authorize?" + String(decoding: query, as: UTF8.self))
      #expect(answer.status == (isTaken ? 200 : 303))
      // The answer is in the query, and names the issuer (RFC 9207).
      if !isTaken {
        let location = try #require(answer.headers[.location])
        #expect(location.hasPrefix(CloudFixture.redirectURI + "?error="))
        #expect(location.contains("iss=https%3A%2F%2F127.0.0.1%3A8443"))
      }
    }
    #expect(metadata["authorization_response_iss_parameter_supported"] == ["true"])
  }

  @Test func `clients authenticate as promised`() async throws {
    let metadata = try await self.metadata()
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let certificate = CloudFixture.certificate(1)
    let basic = Data("a+resource+server:the+resource+server%27s+secret".utf8)
      .base64EncodedString()
    let posted = [
      ("client_id", "a resource server"), ("client_secret", "the resource server's secret"),
    ]

    let speaker = [("client_id", "speaker"), ("client_secret", Self.secret)]
    let speakerBasic = Data("speaker:a+secret+of+sixteen+or+more".utf8).base64EncodedString()

    /// Whether the endpoint takes this way to authenticate.
    func works(_ method: String, at endpoint: String) async throws -> Bool {
      if endpoint != "introspection", method.hasPrefix("client_secret") {
        let isPost = method == "client_secret_post"
        let request: (path: String, fields: [(String, String)]) =
          endpoint == "token"
          ? ("/oauth/token", [("grant_type", "refresh_token"), ("refresh_token", "x")])
          : ("/oauth/revoke", [("token", "x")])
        let answer = try await self.cloud.postForm(
          request.path, request.fields + (isPost ? speaker : []),
          authorization: isPost ? nil : "Basic \(speakerBasic)")
        // Who is believed is told that the token is not one of theirs.
        return try answer.status == 200 || answer.string("reason") == "token_unknown"
      }
      let form: (String, [(String, String)]) =
        switch (endpoint, method) {
        case ("token", "none"):
          (
            "/oauth/token",
            [
              ("grant_type", "refresh_token"), ("refresh_token", app.refresh),
              ("client_id", "relink-app"),
            ]
          )
        case ("token", _):
          (
            "/oauth/token",
            [
              ("grant_type", "refresh_token"), ("refresh_token", camera.refresh),
              ("client_id", "relink-camera"),
            ]
          )
        case ("revocation", "none"):
          ("/oauth/revoke", [("token", "x"), ("client_id", "relink-app")])
        case ("revocation", _):
          ("/oauth/revoke", [("token", "x"), ("client_id", "relink-camera")])
        default:
          (
            "/oauth/introspect",
            [("token", app.access)] + (method == "client_secret_post" ? posted : [])
          )
        }
      var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
      if endpoint == "introspection", method == "client_secret_basic" {
        headers[.authorization] = "Basic \(basic)"
      }
      let body = FormEncoding.encode(
        form.1.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
      let answer = try await self.cloud.request(
        .post, form.0, peer: method == "tls_client_auth" ? certificate : nil, headers: headers,
        body: String(decoding: body, as: UTF8.self))
      return answer.status == 200
    }

    for endpoint in ["token", "revocation", "introspection"] {
      let promised = try #require(
        metadata["\(endpoint)_endpoint_auth_methods_supported"])
      for method in promised { #expect(try await works(method, at: endpoint), "\(method)") }
    }
    #expect(try await !works("none", at: "introspection"))
    #expect(try await !works("tls_client_auth", at: "introspection"))
  }

  @Test func `tokens of devices are bound to certificates`() async throws {
    #expect(
      try await self.metadata()["tls_client_certificate_bound_access_tokens"] == ["true"])
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let without = try await self.cloud.request(.get, "/v1/session", token: camera.access)
    #expect(try without.string("reason") == "wrong_certificate")
    let with = try await self.cloud.request(
      .get, "/v1/session", token: camera.access, peer: CloudFixture.certificate(1))
    #expect(with.status == 200)
  }
}
