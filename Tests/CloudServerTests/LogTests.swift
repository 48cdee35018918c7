import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import Logging
import TestSupport
import Testing

@testable import CloudServer

@Suite struct LogTests {
  @Test func `a line is one JSON object whatever is logged`() throws {
    let lines = LogLines()
    var logger = lines.logger(level: .info)
    logger[metadataKey: "place"] = "a \"b\""
    logger.debug("not this")
    logger.notice("two\nlines", metadata: ["count": "\(7)"])
    #expect(lines.all.count == 1)
    let line = try #require(lines.all.first)
    #expect(line.hasSuffix("}\n"))
    let json = try JSONValue(parsing: Array(line.utf8.dropLast()))
    #expect(json["message"] == .string(Array("two\nlines".utf8)))
    #expect(json["place"] == .string(Array("a \"b\"".utf8)))
    #expect(json["count"] == .string(Array("7".utf8)))
    #expect(json["level"] == .string(Array("notice".utf8)))
    #expect(line.contains(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/))
  }

  @Test func `no token, code or password is logged at any level`() async throws {
    let lines = LogLines()
    let cloud = TestCloud(logger: lines.logger(level: .trace))
    var secrets = [TestCloud.password, "wrong password", cloud.adminToken.secret.text]
    let app = try await cloud.newOwner()
    secrets += [app.access, app.refresh]
    _ = try await cloud.decide(email: "owner@example.org", password: "wrong password")
    let pairingToken = try await cloud.pairingToken(of: app)
    let camera = try await TestCloud.tokens(
      cloud.pair(CloudFixture.certificate(1), with: pairingToken))
    secrets += [pairingToken, camera.access, camera.refresh]
    _ = try await cloud.request(
      .get, "/v1/session?access_token=\(app.access)", token: app.access)
    let second = try await TestCloud.tokens(cloud.refresh(app.refresh))
    let third = try await TestCloud.tokens(cloud.refresh(second.refresh))
    _ = try await cloud.refresh(app.refresh)
    secrets += [second.access, second.refresh, third.access, third.refresh]
    _ = try await cloud.postJSON("/v1/accounts", #"{"email":"a@b.c","password":"hunter2 long"}"#)
    _ = try await cloud.postJSON("/v1/accounts", #"{"email":"a@b.c","password":["hunter2 long"]}"#)
    secrets.append("hunter2")
    _ = try await cloud.administer(.post, "/admin/v1/logout", body: #"{"scope":"everyone"}"#)
    // In the wrong place.
    _ = try await cloud.request(.get, "/v1/devices/\(app.access)", token: app.access)
    _ = try await cloud.request(.get, "/\(app.refresh)")

    let text = lines.all.joined()
    for word in ["device paired", "session killed", "forced logout", "/oauth/token"] {
      #expect(text.contains(word))
    }
    for secret in secrets { #expect(!text.contains(secret)) }
    for prefix in TokenPrefix.allCases { #expect(!text.contains("\(prefix.text)_")) }
    #expect(!text.contains("owner@example.org"))
  }
}
