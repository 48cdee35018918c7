import CloudCore
import Crypto
import CryptoExtras
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

@Suite struct KeyRouteTests {
  private static let clients = OAuthClient.builtIn().map { client in
    var client = client
    client.accessTokenFormat = .jwt
    return client
  }

  private let cloud = TestCloud(clients: KeyRouteTests.clients)

  /// A resource server's view: the published keys and nothing else.
  private struct KeySet: Decodable {
    struct Key: Decodable, Equatable {
      let kty: String
      let crv: String?
      let alg: String
      let use: String
      let kid: String
      let x: String?
      let y: String?
      let n: String?
      let e: String?
      /// The private half of either.
      let d: String?

      func isSignature(_ signature: Data, of message: Data) throws -> Bool {
        func number(_ text: String?) throws -> Data {
          try KeySet.bytes(Substring(#require(text)))
        }
        switch self.kty {
        case "EC":
          try #require(self.alg == "ES256")
          try #require(self.crv == "P-256")
          return try P256.Signing.PublicKey(
            rawRepresentation: number(self.x) + number(self.y)
          ).isValidSignature(
            P256.Signing.ECDSASignature(rawRepresentation: signature), for: message)
        default:
          try #require(self.kty == "RSA")
          try #require(self.alg == "RS256")
          return try _RSA.Signing.PublicKey(n: number(self.n), e: number(self.e))
            .isValidSignature(
              _RSA.Signing.RSASignature(rawRepresentation: signature), for: message,
              padding: .insecurePKCS1v1_5)
        }
      }
    }
    let keys: [Key]

    init(_ text: String) throws {
      self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    /// Checks a token as RFC 9068 §4 says; written apart from the cloud's own check.
    func claims(of token: String) throws -> [String: Any] {
      let parts = token.split(separator: ".", omittingEmptySubsequences: false)
      try #require(parts.count == 3)
      let header = try Self.object(parts[0])
      try #require(header["typ"] as? String == "at+jwt")
      let key = try #require(self.keys.first { $0.kid == header["kid"] as? String })
      try #require(header["alg"] as? String == key.alg)
      let isRight = try key.isSignature(
        Self.bytes(parts[2]), of: Data("\(parts[0]).\(parts[1])".utf8))
      try #require(isRight)
      return try Self.object(parts[1])
    }

    private static func object(_ part: Substring) throws -> [String: Any] {
      try #require(
        try JSONSerialization.jsonObject(with: Self.bytes(part)) as? [String: Any])
    }

    static func bytes(_ part: Substring) throws -> Data {
      let base64 = part.replacing("-", with: "+").replacing("_", with: "/")
      return try #require(
        Data(base64Encoded: base64 + String(repeating: "=", count: (4 - base64.count % 4) % 4)))
    }
  }

  private func keySet() async throws -> KeySet {
    try KeySet(await self.cloud.request(.get, "/oauth/jwks").text)
  }

  private func rotate(_ body: String) async throws -> Answer {
    try await self.cloud.administer(.post, "/admin/v1/keys/rotate", body: body)
  }

  @Test func `whoever has the published keys can check a token`() async throws {
    let app = try await self.cloud.newOwner()
    let answer = try await self.cloud.request(.get, "/oauth/jwks")
    #expect(answer.headers[.contentType] == "application/json")
    #expect(answer.headers[.cacheControl] == "public, max-age=60")
    let keys = try KeySet(answer.text)
    #expect(keys.keys.count == 1)
    let key = try #require(keys.keys.first)
    #expect([key.kty, key.crv, key.alg, key.use] == ["EC", "P-256", "ES256", "sig"])
    #expect(key.d == nil)
    let claims = try keys.claims(of: app.access)
    #expect(claims["iss"] as? String == "https://127.0.0.1:8443")
    #expect(claims["aud"] as? String == "https://127.0.0.1:8443")
    #expect(claims["sub"] as? String == app.account)
    #expect(claims["client_id"] as? String == "relink-app")
    let session = try await self.cloud.request(.get, "/v1/session", token: app.access)
    #expect(session.status == 200)
    #expect(try session.string("session_id") == claims["sid"] as? String)
  }

  @Test func `keys are rolled without an outage`() async throws {
    let old = try await self.cloud.newOwner()
    let rotated = try await self.rotate(#"{"lead_seconds":120}"#)
    #expect(rotated.status == 201)
    #expect(try rotated.string("state") == "waiting")
    let next = try #require(try rotated.string("kid"))
    // A resource server that fetches now can check whatever is signed from now on.
    let keys = try await self.keySet()
    #expect(keys.keys.map(\.kid).last == next)
    self.cloud.clock.advance(seconds: 119)
    let between = try await self.cloud.signIn("owner@example.org")
    self.cloud.clock.advance(seconds: 1)
    let new = try await self.cloud.signIn("owner@example.org")
    for token in [old.access, between.access, new.access] {
      _ = try keys.claims(of: token)
      let session = try await self.cloud.request(.get, "/v1/session", token: token)
      #expect(session.status == 200)
    }
    let list = try await self.cloud.administer(.get, "/admin/v1/keys")
    guard case .array(let entries)? = try list.json["keys"] else {
      Issue.record("no list")
      return
    }
    #expect(
      entries.map { $0["state"] } == [.text("retired"), .text("signing")])
    let now = Int64(self.cloud.clock.now.value)
    #expect(entries.first?["published_until"]?.integer == now + 3_600_000)
    #expect(entries.last?["published_until"] == nil)
    self.cloud.clock.advance(seconds: 3_600)
    #expect(try await self.keySet().keys.map(\.kid) == [next])
  }

  /// RFC 9068 §2.1: RS256 is among the algorithms of whoever issues tokens, and of whoever takes them.
  @Test func `keys are rolled to RS256 and back without an outage`() async throws {
    var tokens = [try await self.cloud.newOwner().access]
    for (algorithm, lead) in [("RS256", 120), ("ES256", 0)] as [(String, UInt64)] {
      let rotated = try await self.rotate(
        #"{"algorithm":"\#(algorithm)","lead_seconds":\#(lead)}"#)
      #expect(rotated.status == 201)
      #expect(try rotated.string("algorithm") == algorithm)
      tokens.append(try await self.cloud.signIn("owner@example.org").access)
      self.cloud.clock.advance(seconds: lead)
      let app = try await self.cloud.signIn("owner@example.org")
      tokens.append(app.access)
      guard algorithm == "RS256" else { continue }
      // The longest there is, which devices have to take: bound to a certificate.
      let camera = try await self.cloud.pairedDevice(1, of: app)
      #expect(camera.access.utf8.count > 900)
      _ = try await self.keySet().claims(of: camera.access)
    }
    let keys = try await self.keySet()
    #expect(keys.keys.map(\.alg) == ["ES256", "RS256", "ES256"])
    #expect(keys.keys.map(\.kty) == ["EC", "RSA", "EC"])
    #expect(keys.keys.allSatisfy { $0.use == "sig" && $0.d == nil })
    #expect(keys.keys[1].e == "AQAB")
    for token in tokens {
      _ = try keys.claims(of: token)
      #expect(try await self.cloud.request(.get, "/v1/session", token: token).status == 200)
    }
    let used = Set(tokens.map { String($0.prefix { $0 != "." }) })
    #expect(used.count == 3)
  }

  @Test func `a rotation keeps the algorithm unless told otherwise`() async throws {
    #expect(try await self.rotate("{}").string("algorithm") == "ES256")
    #expect(try await self.rotate(#"{"algorithm":"RS256"}"#).string("algorithm") == "RS256")
    #expect(try await self.rotate(#"{"algorithm":null}"#).string("algorithm") == "RS256")
    #expect(try await self.rotate(#"{"algorithm":"ES256"}"#).string("algorithm") == "ES256")
    #expect(try await self.rotate("{}").string("algorithm") == "ES256")
    let list = try await self.cloud.administer(.get, "/admin/v1/keys").json["keys"]
    guard case .array(let keys)? = list else {
      Issue.record("no list")
      return
    }
    #expect(keys.compactMap { $0["algorithm"]?.stringBytes }.count == 6)
  }

  @Test func `a forced logout is seen although the signature stays right`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"account","email":"owner@example.org"}"#)
    for (method, path) in [
      (HTTPRequest.Method.get, "/v1/session"), (.get, "/v1/events"), (.get, "/v1/devices"),
      (.post, "/v1/pairing-tokens"),
    ] {
      let answer = try await self.cloud.request(
        method, path, token: app.access, headers: [.contentType: "application/json"],
        body: method == .post ? "{}" : nil)
      #expect(answer.status == 401, "\(path)")
      #expect(try answer.string("reason") == "logged_out", "\(path)")
    }
  }

  @Test func `what is no token of ours is a 401 with a challenge`() async throws {
    let app = try await self.cloud.newOwner()
    let parts = app.access.split(separator: ".")
    let none = Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt"}"#.utf8))
    for token in [
      "\(parts[0]).\(parts[1]).", "\(String(decoding: none, as: UTF8.self)).\(parts[1]).",
      "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))", "..", "a.b.c",
      "\(parts[1]).\(parts[1]).\(parts[2])",
      app.access + String(repeating: "A", count: 6_000),
    ] {
      let answer = try await self.cloud.request(.get, "/v1/session", token: token)
      #expect(answer.status == 401)
      #expect(try answer.string("error") == "invalid_token")
      #expect(try answer.string("reason") == "token_unknown")
      #expect(answer.headers[.wwwAuthenticate]?.contains(#"error="invalid_token""#) == true)
    }
  }

  @Test(
    arguments: [
      (#"{"lead_seconds":-1}"#, 400), (#"{"lead_seconds":2592001}"#, 400),
      (#"{"lead_seconds":"1"}"#, 400), (#"{"algorithm":"none"}"#, 400),
      (#"{"algorithm":"HS256"}"#, 400), (#"{"algorithm":256}"#, 400), (#"{"lead":1}"#, 400),
      ("[]", 400), ("", 400),
      (#"{"lead_seconds":2592000}"#, 201), ("{}", 201),
    ])
  func `a rotation says how long the key waits`(body: String, status: Int) async throws {
    let answer = try await self.rotate(body)
    #expect(answer.status == status)
    if body == "{}" {
      #expect(
        try answer.json["signs_from"]?.integer == Int64(self.cloud.clock.now.value + 300_000))
    }
  }

  @Test func `keys do not multiply without end`() async throws {
    for _ in 0..<15 { #expect(try await self.rotate(#"{"lead_seconds":0}"#).status == 201) }
    let answer = try await self.rotate(#"{"lead_seconds":0}"#)
    #expect(answer.status == 409)
    #expect(try answer.string("error") == "conflict")
  }

  @Test func `keys outlive the cloud, and nobody finds them in its folder`() async throws {
    let folder = try TemporaryFolder()
    let storage = CloudStorage.folder(folder.path + "/data")
    var published: [[String]] = []
    for _ in 0..<2 {
      published.append(
        try await RunningCloud.with(storage: storage) { cloud in
          try await cloud.withClient { client in
            let reply = try await client.send("GET", cloud.origin + "/oauth/jwks")
            return try KeySet(reply.text).keys.map(\.kid)
          }
        })
      if published.count == 1 {
        try await RunningCloud.with(storage: storage) { cloud in
          let reply = try await cloud.administer(
            "POST", "/admin/v1/keys/rotate", body: #"{"lead_seconds":100}"#)
          #expect(reply.status == 201)
        }
      }
    }
    #expect(published[0].count == 1)
    #expect(published[1].count == 2)
    #expect(published[1].first == published[0].first)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data") {
      let mode = try FileManager.default.attributesOfItem(
        atPath: folder.path + "/data/" + file)[.posixPermissions]
      #expect((mode as? Int ?? 0o777) & 0o077 == 0, "\(file)")
    }
  }
}
