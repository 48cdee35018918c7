import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import CloudServer

/// A cloud with its store in memory and a clock that the test sets, asked without sockets.
final class TestCloud: Sendable {
  let service: CloudService
  let store: any CloudStore
  let clock = TestClock()
  let adminToken: AdminToken
  let publicResponder: CloudResponder
  let adminResponder: CloudResponder

  init(
    bindingPolicy: BindingPolicy = .strong, clients: [OAuthClient] = OAuthClient.builtIn(),
    passwords: PasswordWorkers = PasswordWorkers(), bodyByteCount: Int = 64 * 1_024,
    passwordList: PasswordList = .empty, registrationsPerHour: UInt32 = 120,
    dpop: DPoPPolicy = DPoPPolicy(), store: any CloudStore = MemoryStore(),
    issuer: Issuer = Issuer("https://127.0.0.1:8443"),
    logger: Logger = .silent
  ) {
    self.store = store
    var random = SystemRandomNumberGenerator()
    let clock = self.clock
    self.service = CloudService(
      cloud: Cloud(
        configuration: CloudConfiguration(
          keys: TokenKeys(random: &random), issuer: issuer,
          clients: clients, resourceServers: [CloudFixture.resourceServer],
          bindingPolicy: bindingPolicy, historyCount: 100,
          registrationsPerHour: registrationsPerHour)),
      store: store, passwords: passwords, clock: clock.read, bodyByteCount: bodyByteCount,
      passwordList: passwordList, dpop: dpop, lastEventTime: .seconds(50),
      logger: logger)
    self.adminToken = AdminToken(random: &random)
    self.publicResponder = self.service.publicResponder()
    self.adminResponder = self.service.adminResponder(gate: AdminGate(token: self.adminToken))
  }

  /// Asks the public listener.
  ///
  /// - Parameter peer: Whose certificate the connection has.
  func request(
    _ method: HTTPRequest.Method, _ uri: String, token: String? = nil,
    peer: DeviceCertificate? = nil, from address: RemoteAddress = CloudFixture.address,
    headers: HTTPFields = [:], body: String? = nil
  ) async throws -> Answer {
    var headers = headers
    if let token { headers[.authorization] = "Bearer \(token)" }
    let connection = PeerConnection(
      deviceCertificate: peer, remoteAddress: address)
    return try await PeerConnection.$current.withValue(connection) {
      try await Self.send(
        method, uri, headers: headers, body: body, to: self.publicResponder,
        logger: self.service.logger)
    }
  }

  func postJSON(
    _ uri: String, _ body: String, token: String? = nil, peer: DeviceCertificate? = nil
  ) async throws -> Answer {
    try await self.request(
      .post, uri, token: token, peer: peer, headers: [.contentType: "application/json"],
      body: body)
  }

  func postForm(
    _ uri: String, _ fields: [(String, String)], peer: DeviceCertificate? = nil,
    headers: HTTPFields = [:], authorization: String? = nil
  ) async throws -> Answer {
    let body = FormEncoding.encode(
      fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
    var headers = headers
    headers[.contentType] = "application/x-www-form-urlencoded"
    if let authorization { headers[.authorization] = authorization }
    return try await self.request(
      .post, uri, peer: peer, headers: headers, body: String(decoding: body, as: UTF8.self))
  }

  /// Asks the admin listener with its token.
  func administer(
    _ method: HTTPRequest.Method, _ uri: String, body: String? = nil
  ) async throws -> Answer {
    var headers: HTTPFields = [.authorization: "Bearer \(self.adminToken.secret.text)"]
    if body != nil { headers[.contentType] = "application/json" }
    return try await Self.send(
      method, uri, headers: headers, body: body, to: self.adminResponder,
      logger: self.service.logger)
  }

  static func send(
    _ method: HTTPRequest.Method, _ uri: String, headers: HTTPFields, body: String?,
    to responder: CloudResponder, logger: Logger = .silent
  ) async throws -> Answer {
    let answer = try await Application(responder: responder, logger: logger).test(.router) {
      client in
      Answer(
        try await client.execute(
          uri: uri, method: method, headers: headers,
          body: body.map { ByteBuffer(string: $0) }))
    }
    let isAdmin = responder.described.contains { $0.access == .adminToken }
    (isAdmin ? Contract.ofAdminListener : .ofPublicListener).hold(
      method.rawValue, uri, status: answer.status,
      headers: answer.headers.map { ($0.name.rawName, $0.value) }, body: answer.text)
    return answer
  }
}

/// What came back.
struct Answer: Sendable {
  let status: Int
  let headers: HTTPFields
  let text: String

  init(_ response: TestResponse) {
    self.status = response.status.code
    self.headers = response.headers
    self.text = String(buffer: response.body)
  }

  /// Read by the devices' codec, not by the one that wrote it.
  var json: JSONValue {
    get throws { try JSONValue(parsing: Array(self.text.utf8)) }
  }

  func string(_ member: StaticString) throws -> String? {
    guard case .string(let bytes)? = try self.json[member] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A wall clock that stands still until a test moves it.
final class TestClock: Sendable {
  private let milliseconds = Mutex<UInt64>(1_577_352_060_000)
  var now: UnixMilliseconds { UnixMilliseconds(self.milliseconds.withLock { $0 }) }
  var read: WallClock { { self.now } }
  func set(_ time: UnixMilliseconds) { self.milliseconds.withLock { $0 = time.value } }
  func advance(seconds: UInt64) { self.advance(milliseconds: seconds * 1_000) }
  func advance(milliseconds: UInt64) { self.milliseconds.withLock { $0 += milliseconds } }
}
