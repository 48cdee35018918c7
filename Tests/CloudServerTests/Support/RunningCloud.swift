import AsyncHTTPClient
import CloudCore
import CloudServer
import DeviceHost
import DeviceProtocol
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import TestSupport
import Testing

/// A whole cloud on free ports, with TLS and certificates of its own.
struct RunningCloud: Sendable {
  let listening: CloudServer.Listening
  /// Shuts the cloud down gracefully.
  let stop: @Sendable () async -> Void
  fileprivate let authority: Authority

  var origin: String { self.listening.issuer }
  var adminOrigin: String { "http://127.0.0.1:\(self.listening.adminPort)" }

  /// Runs the body beside a cloud, and shuts that down.
  ///
  /// - Parameters:
  ///   - storage: In memory when nil.
  ///   - clock: The machine's when nil.
  ///   - clients: The built-in ones when nil.
  @discardableResult
  static func with<Value: Sendable>(
    storage: CloudStorage? = nil, clock: WallClock? = nil, clients: [OAuthClient]? = nil,
    configure: @Sendable (inout CloudServerOptions) -> Void = { _ in },
    _ body: @Sendable (RunningCloud) async throws -> Value
  ) async throws -> Value {
    let folder = try TemporaryFolder()
    let authority = try Authority(folder: folder)
    var options = CloudServerOptions(
      storage: storage ?? .ephemeral(secretsFolder: folder.path + "/secrets"),
      tls: try authority.serverTLS())
    options.wrongCertificates = authority.wrongCertificates
    options.port = 0
    options.adminPort = 0
    if let clock { options.clock = clock }
    configure(&options)
    if let clients { options.clients = clients }
    let (listenings, continuation) = AsyncStream.makeStream(of: CloudServer.Listening.self)
    let server = CloudServer(options: options, logger: .silent) { continuation.yield($0) }
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: server, serviceName: "cloud")], logger: .silent))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      guard let listening = await listenings.first(where: { _ in true }) else {
        try await tasks.waitForAll()
        throw NotListening()
      }
      let cloud = RunningCloud(
        listening: listening, stop: { await group.triggerGracefulShutdown() },
        authority: authority)
      do {
        let value = try await body(cloud)
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return value
      } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
    }
  }

  private struct NotListening: Error {}

  /// Runs the body with a client that trusts the cloud.
  ///
  /// - Parameter device: Whose certificate it shows.
  func withClient<Value: Sendable>(
    device: IssuedCertificate? = nil,
    configure: (inout TLSConfiguration) -> Void = { _ in },
    _ body: @Sendable (HTTPClient) async throws -> Value
  ) async throws -> Value {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(
      try NIOSSLCertificate.fromPEMBytes(self.authority.development.serverAuthority))
    if let device {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(device.certificate)
        .map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: device.key, format: .pem))
    }
    configure(&tls)
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.redirectConfiguration = .disallow
    configuration.httpVersion = .http1Only
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      let value = try await body(client)
      try await client.shutdown()
      return value
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  /// A certificate of the makers' CA.
  func issueDevice(_ number: UInt8) throws -> IssuedCertificate {
    let certificate = CloudFixture.certificate(number)
    return try self.authority.development.issueDeviceCertificate(
      deviceID: certificate.deviceID.text, serial: certificate.serial)
  }

  var development: DevelopmentCA { self.authority.development }

  /// Where the makers' and the server's CA are.
  var authorityFolder: String { self.authority.development.folder }

  /// Asks the admin listener with its token.
  ///
  /// - Parameter client: One for this request when nil.
  func administer(
    _ method: String, _ path: String, body: String? = nil, on client: HTTPClient? = nil
  ) async throws -> Reply {
    guard let client else {
      return try await self.withClient {
        try await self.administer(method, path, body: body, on: $0)
      }
    }
    let token = try String(contentsOfFile: self.listening.adminTokenPath, encoding: .utf8)
    return try await client.send(
      method, self.adminOrigin + path, contentType: "application/json", body: body,
      token: token.trimmingCharacters(in: .newlines))
  }

  /// Orders a fault.
  func order(_ fault: String, on client: HTTPClient? = nil) async throws {
    let answer = try await self.administer("POST", "/admin/v1/faults", body: fault, on: client)
    try #require(answer.status == 201, "\(answer.text)")
  }

  /// What came of the last fault, once it is over.
  func lastFiring(on client: HTTPClient? = nil) async throws -> JSONValue {
    while true {
      let answer = try await self.administer(
        "GET", "/admin/v1/faults/firings?limit=1", on: client)
      guard case .array(let firings)? = try answer.json["firings"],
        let firing = firings.first
      else { throw NoFiring() }
      if firing["outcome"] != .string(Array("under_way".utf8)) { return firing }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  struct NoFiring: Error {}
}

/// The development CA in a folder that goes with it.
struct Authority: Sendable {
  let development: DevelopmentCA
  private let folder: TemporaryFolder

  init(folder: TemporaryFolder) throws {
    self.folder = folder
    self.development = try DevelopmentCA(folder: folder.path + "/ca")
  }

  /// As `relink cloud` makes them.
  var wrongCertificates: WrongCertificates {
    let folder = self.development.folder
    return WrongCertificates { wrong in
      let development = try DevelopmentCA(folder: folder)
      let issued =
        switch wrong {
        case .expired: try development.issueExpiredServerCertificate()
        case .otherHost: try development.issueServerCertificateOfAnotherHost()
        case .unknownAuthority: try DevelopmentCA.issueServerCertificateOfUnknownAuthority()
        }
      return try ServerTLS(
        certificate: .init(name: "wrong", pem: issued.certificate),
        key: .init(name: "wrong", pem: issued.key), deviceAuthority: nil, now: systemWallClock(),
        logger: .silent)
    }
  }

  func serverTLS(logger: Logger = .silent) throws -> ServerTLS {
    let issued = try self.development.issueServerCertificate()
    return try ServerTLS(
      certificate: .init(name: "server.pem", pem: issued.certificate),
      key: .init(name: "server.key", pem: issued.key),
      deviceAuthority: .init(name: "maker-ca.pem", pem: self.development.makerAuthority),
      now: systemWallClock(), logger: logger)
  }
}

struct Reply: Sendable {
  let status: Int
  let headers: [String: String]
  let text: String

  var json: JSONValue { get throws { try JSONValue(parsing: Array(self.text.utf8)) } }

  func string(_ member: StaticString) throws -> String? {
    guard case .string(let bytes)? = try self.json[member] else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension HTTPClient {
  func send(
    _ method: String, _ url: String, contentType: String? = nil, body: String? = nil,
    token: String? = nil, cookie: String? = nil
  ) async throws -> Reply {
    var request = HTTPClientRequest(url: url)
    request.method = .init(rawValue: method)
    if let cookie { request.headers.add(name: "Cookie", value: cookie) }
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let body {
      request.headers.add(name: "Content-Type", value: contentType ?? "application/json")
      request.body = .bytes(ByteBuffer(string: body))
    }
    let response = try await self.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 1 << 20)
    if let uri = URL(string: url)?.path {
      let isAdmin = uri.hasPrefix("/admin/") || uri == "/metrics"
      let contract = isAdmin ? Contract.ofAdminListener : .ofPublicListener
      contract.hold(
        method, uri, status: Int(response.status.code),
        headers: response.headers.map { ($0.name, $0.value) }, body: String(buffer: bytes))
    }
    return Reply(
      status: Int(response.status.code),
      headers: Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
      text: String(buffer: bytes))
  }

  func sendForm(_ url: String, _ fields: [(String, String)]) async throws -> Reply {
    let body = FormEncoding.encode(
      fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) })
    return try await self.send(
      "POST", url, contentType: "application/x-www-form-urlencoded",
      body: String(decoding: body, as: UTF8.self))
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
