import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import CloudServer

/// After a forced logout nothing that was minted before is accepted on any path of the public
/// listener. The routes are the listener's own, so that a new one is covered as soon as it is there.
@Suite(.timeLimit(.minutes(5)))
struct EveryRouteTests {
  private let cloud = TestCloud()

  /// Everything that is worth something to a thief, all of one owner.
  private struct Minted {
    let app: TestCloud.Tokens
    let camera: TestCloud.Tokens
    let scale: TestCloud.Tokens
    let code: String
    let pairingToken: String
  }

  private func mint() async throws -> Minted {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    let scale = try await self.cloud.pairedDevice(2, of: app, clientID: "relink-scale")
    let location = try #require(
      try await self.cloud.decide(email: "owner@example.org").headers[.location])
    let items = try #require(URLComponents(string: location)?.queryItems)
    return Minted(
      app: app, camera: camera, scale: scale,
      code: try #require(items.first { $0.name == "code" }?.value),
      pairingToken: try await self.cloud.pairingToken(of: app))
  }

  private func call(
    _ route: Route, _ tokens: TestCloud.Tokens, device: UInt8?
  ) async throws -> Answer {
    let path = route.path.split(separator: "/").map { segment in
      segment.hasPrefix("{") ? CloudFixture.certificate(1).deviceID.text : String(segment)
    }.joined(separator: "/")
    return try await self.cloud.request(
      route.method, "/" + path, token: tokens.access,
      peer: device.map { CloudFixture.certificate($0) },
      headers: [.contentType: "application/json"], body: route.method == .post ? "{}" : nil)
  }

  private var protectedRoutes: [Route] {
    self.cloud.publicResponder.described.compactMap { described in
      switch described.access {
      case .accessToken: described.route
      case .anybody, .adminToken, .loopbackName: nil
      }
    }
  }

  private static let scopes = [
    #"{"scope":"everyone"}"#, #"{"scope":"issued_before"}"#,
    #"{"scope":"region","region":"default"}"#, #"{"scope":"account","email":"owner@example.org"}"#,
    "kinds", "devices and sessions", "list",
  ]

  /// Logs all of the owner's out, by this scope; `accept` is told what each answer's reason is.
  private func logOut(_ scope: String, _ minted: Minted) async throws {
    func order(_ body: String) async throws {
      let answer = try await self.cloud.administer(.post, "/admin/v1/logout", body: body)
      #expect(answer.status == 200, "\(answer.text)")
    }
    let app = try await self.cloud.request(.get, "/v1/session", token: minted.app.access)
    let session = try #require(try app.string("session_id"))
    let devices = [1, 2].map { CloudFixture.certificate($0).deviceID.text }
    switch scope {
    case "kinds":
      for kind in ["app", "camera", "scale"] {
        try await order(#"{"scope":"kind","kind":"\#(kind)"}"#)
      }
    case "devices and sessions":
      for device in devices { try await order(#"{"scope":"device","device_id":"\#(device)"}"#) }
      try await order(#"{"scope":"session","session_id":"\#(session)"}"#)
    case "list":
      let entries = (devices + ["owner@example.org"]).map { "\"\($0)\"" }.joined(separator: ",")
      try await order(#"{"scope":"list","entries":[\#(entries)]}"#)
    default: try await order(scope)
    }
  }

  @Test func `a live token is logged out nowhere`() async throws {
    let minted = try await self.mint()
    #expect(self.protectedRoutes.count >= 12)
    // Those that unbind come last, so that the others have something to act on.
    for route in self.protectedRoutes where route.method != .delete && route.path != "/v1/events" {
      for (tokens, device) in [(minted.app, nil), (minted.camera, 1), (minted.scale, 2)]
        as [(TestCloud.Tokens, UInt8?)]
      {
        #expect(try await self.call(route, tokens, device: device).status != 401, "\(route)")
      }
    }
  }

  @Test(arguments: Self.scopes)
  func `no route takes an access token of before`(scope: String) async throws {
    let minted = try await self.mint()
    try await self.logOut(scope, minted)
    for route in self.protectedRoutes {
      for (tokens, device) in [(minted.app, nil), (minted.camera, 1), (minted.scale, 2)]
        as [(TestCloud.Tokens, UInt8?)]
      {
        let answer = try await self.call(route, tokens, device: device)
        #expect(answer.status == 401, "\(route) \(answer.text)")
        #expect(try answer.string("reason") == "logged_out", "\(route)")
      }
    }
  }

  @Test(arguments: Self.scopes, OpenRoute.allCases)
  func `no open route takes what was minted before`(scope: String, route: OpenRoute) async throws {
    let minted = try await self.mint()
    try await self.logOut(scope, minted)
    // A new open route does not compile here before somebody has said what it takes.
    switch route {
    case .health, .metadata, .register, .authorizationForm, .authorizationDecision, .jwks,
      .deviceAuthorization, .devicePage, .deviceDecision:
      break  // They take no token.
    case .token:
      try await self.expectEveryGrantRefused(minted, exceptCode: scope == "devices and sessions")
    case .introspect:
      let basic = Data("a+resource+server:the+resource+server%27s+secret".utf8)
        .base64EncodedString()
      for tokens in [minted.app, minted.camera, minted.scale] {
        for token in [tokens.access, tokens.refresh] {
          let answer = try await self.cloud.request(
            .post, "/oauth/introspect",
            headers: [
              .authorization: "Basic \(basic)",
              .contentType: "application/x-www-form-urlencoded",
            ], body: "token=\(token)")
          #expect(answer.text == #"{"active":false}"#)
        }
      }
    case .revoke:
      for token in [minted.app.refresh, minted.app.access] {
        let answer = try await self.cloud.postForm(
          "/oauth/revoke", [("token", token), ("client_id", "relink-app")])
        // RFC 7009: nothing is told, and nothing comes of it.
        #expect(answer.status == 200)
        #expect(answer.text.isEmpty)
      }
      #expect(
        try await self.cloud.refresh(minted.app.refresh).string("reason") == "logged_out")
    }
  }

  /// - Parameter exceptCode: A code belongs to no session and no device yet.
  private func expectEveryGrantRefused(_ minted: Minted, exceptCode: Bool) async throws {
    for (tokens, client, device) in [
      (minted.app, "relink-app", nil), (minted.camera, "relink-camera", 1),
      (minted.scale, "relink-scale", 2),
    ] as [(TestCloud.Tokens, String, UInt8?)] {
      let answer = try await self.cloud.refresh(
        tokens.refresh, clientID: client, peer: device.map { CloudFixture.certificate($0) })
      #expect(answer.status == 400)
      #expect(try answer.string("error") == "invalid_grant")
      #expect(try answer.string("reason") == "logged_out")
    }
    let pairing = try await self.cloud.pair(
      CloudFixture.certificate(3), with: minted.pairingToken)
    #expect(pairing.status == 400)
    #expect(try pairing.string("reason") == "pairing_token_expired")
    let exchange = try await self.cloud.exchange(code: minted.code)
    #expect(exchange.status == (exceptCode ? 200 : 400))
    if !exceptCode { #expect(try exchange.string("reason") == "logged_out") }
  }
}
