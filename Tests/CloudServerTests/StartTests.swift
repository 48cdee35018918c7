import CloudCore
import Foundation
import Glibc
import Logging
import TestSupport
import Testing

@testable import CloudServer

/// What a cloud keeps, and why one does not start.
@Suite(.timeLimit(.minutes(5))) struct StartTests {
  private let folder: TemporaryFolder
  init() throws { self.folder = try TemporaryFolder() }

  private func server(
    storage: CloudStorage, configure: (inout CloudServerOptions) -> Void = { _ in }
  ) throws -> CloudServer {
    var options = CloudServerOptions(
      storage: storage, tls: try Authority(folder: self.folder).serverTLS())
    options.port = 0
    options.adminPort = 0
    configure(&options)
    return CloudServer(options: options, logger: .silent) { _ in
      Issue.record("it listens")
    }
  }

  @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
  func `the admin listener is on loopback only`(host: String) async throws {
    let server = try self.server(storage: .ephemeral(secretsFolder: self.folder.path)) {
      $0.adminHost = host
    }
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(error?.code == .badOption)
  }

  @Test(arguments: ["0.0.0.0", "192.0.2.1", "example.org"])
  func `plain HTTP is served on loopback only`(host: String) async throws {
    let server = try self.server(storage: .ephemeral(secretsFolder: self.folder.path)) {
      $0.host = host
      $0.tls = nil
    }
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(
      error?.description == "cannot serve plain HTTP on \(host): it must be a loopback address")
  }

  @Test func `a cloud without TLS serves plain HTTP and says so in its issuer`() async throws {
    let withoutTLS: @Sendable (inout CloudServerOptions) -> Void = { $0.tls = nil }
    try await RunningCloud.with(configure: withoutTLS) { cloud in
      #expect(cloud.origin == "http://127.0.0.1:\(cloud.listening.port)")
      try await cloud.withClient { client in
        #expect(try await client.send("GET", cloud.origin + "/health").status == 200)
        let metadata = try await client.send(
          "GET", cloud.origin + "/.well-known/oauth-authorization-server")
        #expect(try metadata.string("issuer") == cloud.origin)
      }
    }
  }

  @Test func `a port in use ends the start with one line`() async throws {
    try await RunningCloud.with { cloud in
      let server = try self.server(storage: .ephemeral(secretsFolder: self.folder.path)) {
        $0.port = cloud.listening.port
      }
      // The admin listener may be bound by then, but nothing says that the cloud listens.
      let error = await #expect(throws: CloudServerError.self) { try await server.run() }
      #expect(
        error?.description
          == "cannot listen on 127.0.0.1:\(cloud.listening.port): Address already in use")
    }
  }

  @Test func `a folder that cannot be made is told by its path`() async throws {
    try Data().write(to: URL(filePath: self.folder.path + "/file"))
    let path = self.folder.path + "/file/cloud"
    let server = try self.server(storage: .folder(path))
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(error?.description == "cannot make the folder \(path): Not a directory")
  }

  @Test func `a corrupt database ends the start and stays as it is`() async throws {
    let path = self.folder.path + "/cloud.sqlite"
    let garbage = Data("this is no database, however long one looks at it".utf8)
    try garbage.write(to: URL(filePath: path))
    let server = try self.server(storage: .folder(self.folder.path))
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(error?.code == .store)
    #expect(error?.description.contains(path) == true)
    #expect(try Data(contentsOf: URL(filePath: path)) == garbage)
  }

  @Test func `a second cloud on the same folder does not start`() async throws {
    let path = self.folder.path + "/data"
    try await RunningCloud.with(storage: .folder(path)) { _ in
      let server = try self.server(storage: .folder(path))
      let error = await #expect(throws: CloudServerError.self) { try await server.run() }
      #expect(error?.code == .store)
      #expect(error?.description.hasSuffix("another process uses it") == true)
    }
  }

  @Test func `tokens and the admin token outlive a restart`() async throws {
    let path = self.folder.path + "/data"
    let (access, adminToken) = try await RunningCloud.with(storage: .folder(path)) { cloud in
      let access = try await cloud.withClient { client in
        try await cloud.newOwner("owner@example.org", on: client).accessText
      }
      return (access, try String(contentsOfFile: path + "/admin-token", encoding: .utf8))
    }
    try await RunningCloud.with(storage: .folder(path)) { cloud in
      let answer = try await cloud.withClient { client in
        try await client.send("GET", cloud.origin + "/v1/session", token: access)
      }
      #expect(answer.status == 200)
      #expect(try String(contentsOfFile: path + "/admin-token", encoding: .utf8) == adminToken)
    }
  }

  @Test(arguments: ["admin-token", "token-keys"])
  func `secrets are for their owner only`(file: String) async throws {
    let path = self.folder.path + "/data"
    try await RunningCloud.with(storage: .folder(path)) { _ in }
    var status = stat()
    #expect(stat("\(path)/\(file)", &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    // One that others could read is not trusted any more.
    #expect(chmod("\(path)/\(file)", 0o644) == 0)
    let server = try self.server(storage: .folder(path))
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(error?.code == .dataFolder)
    #expect(error?.description.contains("\(path)/\(file)") == true)
  }

  @Test func `token keys of another size are refused and kept`() async throws {
    let path = self.folder.path + "/token-keys"
    try PrivateFile.write([1, 2, 3], to: path)
    let server = try self.server(storage: .folder(self.folder.path))
    let error = await #expect(throws: CloudServerError.self) { try await server.run() }
    #expect(error?.description == "cannot read \(path): it has 3 bytes, not 96")
    #expect(try PrivateFile.read(path) == [1, 2, 3])
  }

  @Test(
    arguments: [
      ("127.0.0.1", "https://127.0.0.1:7"), ("::1", "https://[::1]:7"),
      ("0.0.0.0", "https://localhost:7"), ("lab.test", "https://lab.test:7"),
    ])
  func `the issuer is made of where the cloud listens`(host: String, issuer: String) throws {
    var options = CloudServerOptions(
      storage: .folder("x"), tls: try Authority(folder: self.folder).serverTLS())
    options.host = host
    #expect(options.issuer(port: 7) == issuer)
    options.issuer = "https://chosen.test"
    #expect(options.issuer(port: 7) == "https://chosen.test")
  }
}

@Suite struct PrivateFileTests {
  private let folder: TemporaryFolder
  private var path: String { self.folder.path + "/secret" }
  init() throws { self.folder = try TemporaryFolder() }

  @Test func `what is written is read`() throws {
    #expect(try PrivateFile.read(self.path) == nil)
    for bytes in [[], [1], [UInt8](repeating: 7, count: 4_096)] as [[UInt8]] {
      try PrivateFile.write(bytes, to: self.path)
      #expect(try PrivateFile.read(self.path) == bytes)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: self.folder.path) == ["secret"])
  }

  @Test func `a file that is too long is refused`() throws {
    try PrivateFile.write([UInt8](repeating: 7, count: 4_097), to: self.path)
    #expect(throws: CloudServerError.self) { try PrivateFile.read(self.path) }
  }

  @Test func `a link is not followed`() throws {
    try PrivateFile.write([1], to: self.path)
    let link = self.folder.path + "/link"
    #expect(symlink(self.path, link) == 0)
    #expect(throws: CloudServerError.self) { try PrivateFile.read(link) }
  }

  @Test func `folders are made with those above them`() throws {
    let path = self.folder.path + "/a/b/c"
    for _ in 0..<2 { try PrivateFile.makeFolder(path) }
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }
}
