import AsyncHTTPClient
import CloudCore
import DeviceHost
import DeviceProtocol
import Foundation
import Logging
import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct TLSTests {
  @Test func `a client without a certificate is served`() async throws {
    try await RunningCloud.with { cloud in
      let answer = try await cloud.withClient { client in
        try await client.send("GET", cloud.origin + "/health")
      }
      #expect(answer.status == 200)
    }
  }

  @Test func `a certificate of another CA is refused in the handshake`() async throws {
    let foreign = try Authority(folder: TemporaryFolder())
    let certificate = try foreign.development.issueDeviceCertificate(
      deviceID: CloudFixture.certificate(1).deviceID.text, serial: "SN-1")
    try await RunningCloud.with { cloud in
      await #expect(throws: (any Error).self) {
        try await cloud.withClient(device: certificate) { client in
          _ = try await client.send("GET", cloud.origin + "/health")
        }
      }
    }
  }

  @Test func `TLS 1.2 is refused`() async throws {
    try await RunningCloud.with { cloud in
      await #expect(throws: (any Error).self) {
        try await cloud.withClient(configure: { $0.maximumTLSVersion = .tlsv12 }) { client in
          _ = try await client.send("GET", cloud.origin + "/health")
        }
      }
    }
  }

  @Test func `a certificate of the makers' CA that names no device opens no door`() async throws {
    try await RunningCloud.with { cloud in
      let authority = try DevelopmentCA(folder: cloud.authorityFolder)
      let certificate = try authority.issueDeviceCertificate(deviceID: "no-uuid", serial: "SN-1")
      try await cloud.withClient(device: certificate) { client in
        #expect(try await client.send("GET", cloud.origin + "/health").status == 200)
        let answer = try await client.sendForm(
          cloud.origin + "/oauth/token",
          [
            ("grant_type", "urn:relink:params:oauth:grant-type:relink"),
            ("client_id", "relink-camera"), ("firmware_version", "1"),
          ])
        #expect(answer.status == 401)
        #expect(try answer.string("error") == "invalid_client")
      }
    }
  }

  @Test(.enabled(if: OpenSSLCommand.isInstalled))
  func `a resumed connection still shows the device's certificate`() async throws {
    try await RunningCloud.with { cloud in
      let folder = try TemporaryFolder()
      let issued = try cloud.issueDevice(1)
      try Data(issued.certificate).write(to: URL(filePath: folder.path + "/device.pem"))
      try Data(issued.key).write(to: URL(filePath: folder.path + "/device.key"))
      let access = try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        return try await cloud.withClient(device: issued) { deviceClient in
          try await cloud.pair(owner: owner, ownerClient: client, deviceClient: deviceClient)
            .accessText
        }
      }
      let request = """
        GET /v1/session HTTP/1.1\r
        Host: localhost\r
        Authorization: Bearer \(access)\r
        Connection: close\r
        \r

        """
      let common = [
        "s_client", "-connect", "127.0.0.1:\(cloud.listening.port)", "-CAfile",
        cloud.authorityFolder + "/server-ca.pem", "-ign_eof",
      ]
      let session = folder.path + "/session.pem"
      let first = try await OpenSSLCommand.run(
        common + [
          "-cert", folder.path + "/device.pem", "-key", folder.path + "/device.key", "-sess_out",
          session,
        ], input: request)
      #expect(first.contains("New, TLSv1.3"))
      #expect(first.contains("HTTP/1.1 200 OK"))
      // The certificate is not presented again.
      let second = try await OpenSSLCommand.run(common + ["-sess_in", session], input: request)
      #expect(second.contains("Reused, TLSv1.3"))
      #expect(second.contains("HTTP/1.1 200 OK"))
      #expect(second.contains(CloudFixture.certificate(1).deviceID.text))
      // Without either, the token is refused.
      let third = try await OpenSSLCommand.run(common, input: request)
      #expect(third.contains("wrong_certificate"))
    }
  }

  @Test func `a certificate and another's key are refused by name`() throws {
    let authority = try Authority(folder: TemporaryFolder())
    let first = try authority.development.issueServerCertificate()
    let second = try authority.development.issueServerCertificate()
    let error = #expect(throws: CloudServerError.self) {
      try ServerTLS(
        certificate: .init(name: "a.pem", pem: first.certificate),
        key: .init(name: "b.key", pem: second.key), deviceAuthority: nil, now: systemWallClock(),
        logger: .silent)
    }
    #expect(
      error?.description
        == "cannot use the certificate a.pem: b.key is not its key, or TLS refuses the pair")
  }

  @Test(
    arguments: [
      ("certificate", "cannot read the certificate c.pem: it holds no certificate in PEM"),
      ("key", "cannot read the key k.pem: it is no private key in PEM without a passphrase"),
      ("device CA", "cannot read the device CA d.pem: it holds no certificate in PEM"),
    ])
  func `what is not PEM is refused by name`(bad: String, message: String) throws {
    let authority = try Authority(folder: TemporaryFolder())
    let issued = try authority.development.issueServerCertificate()
    let garbage = Array("garbage".utf8)
    let error = #expect(throws: CloudServerError.self) {
      try ServerTLS(
        certificate: .init(name: "c.pem", pem: bad == "certificate" ? garbage : issued.certificate),
        key: .init(name: "k.pem", pem: bad == "key" ? garbage : issued.key),
        deviceAuthority: .init(
          name: "d.pem",
          pem: bad == "device CA" ? garbage : authority.development.makerAuthority),
        now: systemWallClock(), logger: .silent)
    }
    #expect(error?.code == .badCertificate)
    #expect(error?.description == message)
  }

  @Test(arguments: [(UInt64(0), true), (2_000_000_000_000, true)])
  func `a certificate that is not in force is warned about`(now: UInt64, warns: Bool) throws {
    let lines = LogLines()
    let authority = try Authority(folder: TemporaryFolder())
    let issued = try authority.development.issueServerCertificate()
    _ = try ServerTLS(
      certificate: .init(name: "c.pem", pem: issued.certificate),
      key: .init(name: "k.pem", pem: issued.key), deviceAuthority: nil,
      now: UnixMilliseconds(now), logger: lines.logger(level: .warning))
    #expect(lines.all.contains { $0.contains("not in force") } == warns)
  }

  @Test func `a certificate in force is not warned about`() throws {
    let lines = LogLines()
    _ = try Authority(folder: TemporaryFolder()).serverTLS(logger: lines.logger(level: .trace))
    #expect(lines.all.isEmpty)
  }
}

/// The command `openssl`, as another implementation's TLS client.
enum OpenSSLCommand {
  private static let path = "/usr/bin/openssl"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: self.path) }

  /// - Returns: Standard output of the command, which is stopped after 20 s.
  static func run(_ arguments: [String], input: String) async throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: self.path)
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    try process.run()
    let watchdog = Task {
      try await Task.sleep(for: .seconds(20))
      process.terminate()
    }
    defer { watchdog.cancel() }
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    let output = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: stdout.fileHandleForReading.readDataToEndOfFile())
      }
    }
    try stdin.fileHandleForWriting.close()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }
}
