import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// The file of `relink cloud --clients`.
@Suite struct ClientRegistryTests {
  private let folder: TemporaryFolder
  private var path: String { self.folder.path + "/clients.json" }

  init() throws { self.folder = try TemporaryFolder() }

  private func read(_ text: String) throws -> [OAuthClient] {
    try text.write(toFile: self.path, atomically: true, encoding: .utf8)
    var registry = ClientRegistry(builtIn: OAuthClient.builtIn())
    try registry.read(self.path)
    return registry.clients
  }

  /// Reads a file with these clients.
  private func read(clients: String) throws -> [OAuthClient] {
    try self.read(#"{"clients":[\#(clients)]}"#)
  }

  private func error(_ text: String) -> String? {
    #expect(throws: CloudServerError.self) { try self.read(text) }?.description
  }

  @Test func `a file adds clients and changes the built-in ones`() throws {
    let clients = try self.read(
      clients: """
        {"id":"relink-camera","rotation":{"idempotent_seconds":5}},
        {"id":"relink-app","preset":"okta","idle_seconds":60},
        {"id":"speaker","kind":"alexa","redirect_uris":["https://layla.amazon.com/x?vendor=1"],
         "rotation":"retire-on-use","reaction":"consent","absolute_seconds":7,
         "authentication":"secret","access_token_format":"jwt","sender_constraint":"dpop",
         "grants":["authorization_code","refresh_token","device_code"],
         "secret_sha256":"\(String(repeating: "0F", count: 32))"}
        """)
    #expect(clients.map(\.id) == ["relink-app", "relink-camera", "relink-scale", "speaker"])
    #expect(
      clients[0].policy
        == TokenPolicy(rotation: .grace(windowMilliseconds: 30_000), idleSeconds: 60))
    #expect(clients[0].redirectURIs == OAuthClient.builtIn()[0].redirectURIs)
    #expect(clients[1].policy == TokenPolicy(rotation: .idempotent(windowMilliseconds: 5_000)))
    #expect(clients[1].authentication == .certificate)
    #expect(clients[2] == OAuthClient.builtIn()[2])
    let hash = try #require(
      ClientSecretHash(hexadecimal: String(repeating: "0f", count: 32)))
    #expect(
      clients[3]
        == OAuthClient(
          id: "speaker", kind: .alexa, redirectURIs: ["https://layla.amazon.com/x?vendor=1"],
          policy: TokenPolicy(rotation: .retireOnUse, reaction: .consent, absoluteSeconds: 7),
          grants: [.authorizationCode, .refreshToken, .deviceCode],
          authentication: .secret(hash), accessTokenFormat: .jwt, senderConstraint: .dpop))
  }

  @Test(
    arguments: [
      (#""strict""#, .strict), (#""reusable""#, .reusable), (#""retire-on-use""#, .retireOnUse),
      (#"{"grace_seconds":30}"#, .grace(windowMilliseconds: 30_000)),
      (#"{"grace_seconds":4294967295}"#, .grace(windowMilliseconds: 4_294_967_295_000)),
      (#"{"idempotent_seconds":0}"#, .idempotent(windowMilliseconds: 0)),
    ] as [(String, RotationPolicy)])
  func `every rotation has a spelling, which is also how it is told`(
    text: String, rotation: RotationPolicy
  ) throws {
    let clients = try self.read(clients: #"{"id":"relink-app","rotation":\#(text)}"#)
    #expect(clients[0].policy == TokenPolicy(rotation: rotation))
    let told = try JSONEncoder().encode(RotationBody(rotation))
    #expect(String(decoding: told, as: UTF8.self) == text)
  }

  @Test(arguments: PolicyPreset.allCases)
  func `every preset is known by its name, in the file and alone`(preset: PolicyPreset) throws {
    let clients = try self.read(clients: #"{"id":"relink-app","preset":"\#(preset.rawValue)"}"#)
    #expect(clients[0].policy == preset.policy)
    #expect(PolicyPreset(of: preset.policy) == preset)
    var registry = ClientRegistry(builtIn: OAuthClient.builtIn())
    try registry.apply(preset, to: "relink-scale")
    #expect(registry.clients.map(\.policy).last == preset.policy)
    #expect(registry.clients.first == OAuthClient.builtIn().first)
  }

  static let mistakes: [(String, String)] = [
    ("", "the file is not valid JSON"),
    ("{\"clients\": [\n {\"id\": \"a\"},\n]}\n", "the file is not valid JSON: see line 3"),
    ("{\"clients\":\n", "the file is not valid JSON: see line 2"),
    ("[]", "the file is not a JSON object"),
    ("{}", "missing member 'clients'"),
    (#"{"clients":{}}"#, "member 'clients' has the wrong type"),
    (#"{"clients":[],"issuer":"x"}"#, "unknown member 'issuer'"),
    (#"{"clients":[{}]}"#, "missing member 'clients[0].id'"),
    (#"{"clients":[7]}"#, "member 'clients[0]' has the wrong type"),
    (entry(#""policy":"okta""#), "unknown member 'clients[0].policy'"),
    (
      entry(#""preset":"Okta""#),
      "member 'clients[0].preset' must be one of okta, auth0, hydra, keycloak, glewlwyd, google, ifttt"
    ),
    (entry(#""preset":7"#), "member 'clients[0].preset' has the wrong type"),
    (
      entry(#""reaction":"account""#),
      "member 'clients[0].reaction' must be one of session, consent, refresh_tokens"
    ),
    (
      entry(#""preset":"okta","rotation":"strict""#),
      "member 'clients[0].rotation' does not go with 'preset', which has a rotation of its own"
    ),
    (entry(#""rotation":"grace""#), rotationMistake),
    (entry(#""rotation":30"#), rotationMistake),
    (entry(#""rotation":{}"#), rotationMistake),
    (entry(#""rotation":{"grace_seconds":1,"idempotent_seconds":1}"#), rotationMistake),
    (
      entry(#""rotation":{"grace":30}"#), "unknown member 'clients[0].rotation.grace'"
    ),
    (
      entry(#""rotation":{"grace_seconds":-1}"#),
      "member 'clients[0].rotation.grace_seconds' has a value that is not allowed"
    ),
    (
      entry(#""rotation":{"grace_seconds":4294967296}"#),
      "member 'clients[0].rotation.grace_seconds' has a value that is not allowed"
    ),
    (
      entry(#""access_token_format":"paseto""#),
      "member 'clients[0].access_token_format' must be one of opaque, jwt"
    ),
    (
      entry(#""sender_constraint":"mtls""#),
      "member 'clients[0].sender_constraint' must be one of bearer, certificate, dpop"
    ),
    (
      entry(#""grants":["password"]"#),
      "member 'clients[0].grants[0]' must be one of refresh_token, authorization_code, device_code, pairing, relink"
    ),
    (entry(#""grants":["pairing"]"#), grantMistake), (entry(#""grants":[]"#), grantMistake),
    (entry(#""idle_seconds":0"#), "member 'clients[0].idle_seconds' must be positive"),
    (entry(#""absolute_seconds":0"#), "member 'clients[0].absolute_seconds' must be positive"),
    (
      entry(#""kind":"camera""#),
      "member 'clients[0].kind' is another than that of the built-in client"
    ),
    (
      "{\"clients\":[{\"id\":\"relink-app\",\n\"idle_seconds\":60,\n\"idle_seconds\":6}]}",
      "member 'idle_seconds' comes twice, again in line 3"
    ),
    (
      entry(#""rotation":{"grace_seconds":1,"grace_seconds":30}"#),
      "member 'grace_seconds' comes twice, again in line 1"
    ),
    (
      #"{"clients":[{"id":"relink-app"}],"clients":[]}"#,
      "member 'clients' comes twice, again in line 1"
    ),
    (
      #"{"clients":[{"id":"relink-app"},{"id":"relink-app"}]}"#,
      "member 'clients[1].id' is that of an earlier client of the file"
    ),
    (#"{"clients":[{"id":"x"}]}"#, "missing member 'clients[0].kind'"),
    (#"{"clients":[{"id":"x","kind":"ifttt"}]}"#, "missing member 'clients[0].redirect_uris'"),
    (
      #"{"clients":[{"id":"","kind":"camera"}]}"#,
      "member 'clients[0].id' must be 1 to 64 visible ASCII characters without \" and \\"
    ),
    (
      #"{"clients":[{"id":"a b","kind":"camera"}]}"#,
      "member 'clients[0].id' must be 1 to 64 visible ASCII characters without \" and \\"
    ),
    (
      entry(#""redirect_uris":[]"#),
      "member 'clients[0].redirect_uris' must have 1 to 100 elements"
    ),
    (
      #"{"clients":[{"id":"x","kind":"scale","redirect_uris":["https://a.test/"]}]}"#,
      "member 'clients[0].redirect_uris' must be empty: a scale is paired, and no browser comes back to it"
    ),
    (
      #"{"clients":[{"id":"x","kind":"scale","authentication":"none"}]}"#,
      "member 'clients[0].authentication' must be certificate: a scale shows its own"
    ),
    (
      entry(#""authentication":"certificate""#),
      "member 'clients[0].authentication' can't be certificate: only cameras and scales have one"
    ),
    (
      entry(#""authentication":"secret""#),
      "member 'clients[0].authentication' secret needs 'secret_sha256' or 'secret_file'"
    ),
    (
      entry(#""secret_file":"x""#),
      "member 'clients[0].secret_file' goes with authentication secret alone"
    ),
    (
      entry(#""authentication":"secret","secret_sha256":"0f""#),
      "member 'clients[0].secret_sha256' must be 64 hexadecimal digits"
    ),
    (
      entry(#""authentication":"secret","secret_sha256":"0f","secret_file":"x""#),
      "member 'clients[0].secret_file' does not go with 'secret_sha256'"
    ),
  ]

  static let grantMistake =
    "member 'clients[0].grants' must be some of authorization_code, refresh_token, device_code: others are none for a client of kind app"

  static let rotationMistake =
    "member 'clients[0].rotation' must be strict, reusable, retire-on-use, {\"grace_seconds\":N} or {\"idempotent_seconds\":N}"

  static func entry(_ members: String) -> String {
    #"{"clients":[{"id":"relink-app",\#(members)}]}"#
  }

  @Test(arguments: mistakes)
  func `a mistake is told with the file and the member`(text: String, detail: String) throws {
    #expect(self.error(text) == "cannot read the clients file \(self.path): \(detail)")
  }

  @Test(
    arguments: [
      ("https://a.test/cb", true), ("https://a.test:8443/cb?x=1", true),
      ("http://127.0.0.1/cb", true), ("http://[::1]/cb", true), ("relink://callback", true),
      ("com.example.app:/cb", true),
      ("http://a.test/cb", false), ("http://127.0.0.1.a.test/cb", false),
      ("https://a.test/cb#part", false), ("https:///cb", false), ("/cb", false), ("", false),
      ("https://user@a.test/", false), ("https://a.test/a b", false),
      ("https://a.test/\\r\\nX: y", false), ("javascript:alert(1)", false),
      ("data:text/html,x", false), ("https://*.a.test|/", false), ("relink:", false),
    ])
  func `a redirect URI is absolute, without a fragment, and of a scheme that is safe`(
    uri: String, isAllowed: Bool
  ) {
    let entry = Self.entry(#""redirect_uris":["https://ok.test/","\#(uri)"]"#)
    guard !isAllowed else {
      #expect(throws: Never.self) { try self.read(entry) }
      return
    }
    #expect(self.error(entry)?.contains("'clients[0].redirect_uris[1]' must be") == true)
  }

  @Test func `a client that no browser comes back to needs no redirect URI`() throws {
    let clients = try self.read(
      clients: #"{"id":"tv","kind":"app","grants":["device_code","refresh_token"]}"#)
    #expect(clients.last?.redirectURIs == [])
    #expect(clients.last?.grants == [.deviceCode, .refreshToken])
  }

  @Test func `a secret is read from a file of its owner's, beside the clients file`() throws {
    let secret = "a secret of sixteen or more"
    let file = self.folder.path + "/speaker.secret"
    try (secret + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    let entry = Self.entry(#""authentication":"secret","secret_file":"speaker.secret""#)
    let absent = "member 'clients[0].secret_file' names a file that is not there: \(file)"
    try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
    #expect(self.error(entry)?.hasSuffix(absent) == true)
    try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    #expect(self.error(entry)?.contains("others have access to it") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    #expect(
      try self.read(entry)[0].authentication
        == .secret(ClientSecretHash(of: Secret(secret))))
    try "short\n".write(toFile: file, atomically: false, encoding: .utf8)
    let error = try #require(self.error(entry))
    #expect(error.contains("'clients[0].secret_file' must have one line of 16 to 1,024"))
    #expect(error.hasSuffix(": \(file)"))
    #expect(!error.contains("short"))
  }

  @Test func `a file that is not there and a client that is not known are named`() {
    var registry = ClientRegistry(builtIn: OAuthClient.builtIn())
    #expect(
      #expect(throws: CloudServerError.self) { try registry.read("/nowhere/clients.json") }?
        .description
        == "cannot read the clients file /nowhere/clients.json: No such file or directory")
    #expect(
      #expect(throws: CloudServerError.self) { try registry.apply(.okta, to: "kettle") }?
        .description
        == "cannot apply the preset okta: there is no client 'kettle'; there are relink-app, relink-camera, relink-scale"
    )
  }

  @Test func `the operator sees what is in force, and nothing of a secret`() async throws {
    let secret = Secret("a secret of sixteen or more")
    let cloud = TestCloud(clients: [
      OAuthClient(
        id: "speaker", kind: .alexa, redirectURIs: ["https://a.test/"],
        policy: PolicyPreset.keycloak.policy, authentication: .secret(ClientSecretHash(of: secret)))
    ])
    let answer = try await cloud.administer(.get, "/admin/v1/clients")
    #expect(answer.status == 200)
    #expect(
      answer.text
        == #"{"clients":[{"absolute_seconds":36000,"access_token_format":"opaque","authentication":"secret","grants":["refresh_token","authorization_code"],"id":"speaker","idle_seconds":1800,"kind":"alexa","preset":"keycloak","reaction":"session","redirect_uris":["https://a.test/"],"rotation":"reusable","sender_constraint":"bearer"}]}"#
    )
  }
}
