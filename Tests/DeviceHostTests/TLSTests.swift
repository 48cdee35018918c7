import DeviceCore
import DeviceProtocol
import Glibc
import Testing

@testable import DeviceHost

@Suite struct TLSTests {
  private let laboratory: Laboratory

  init() throws { self.laboratory = try Laboratory() }

  /// Opens a connection and reads until something was received.
  ///
  /// - Returns: Whether the session was resumed.
  private func open(_ cloud: TestCloud, _ context: TLSContext, host: String = "127.0.0.1") throws
    -> Bool
  {
    let connection = try CloudConnection(
      to: cloud.origin(host: host), context: context, now: Clock.now)
    var wasResumed: Bool?
    var received: [UInt8] = []
    var hasAnswered = false
    waitUntil("bytes from the server") {
      cloud.turn()
      if let server = cloud.connections.last, server.isOpen, !hasAnswered {
        server.send("hello")
        hasAnswered = true
      }
      for event in connection.advance(now: Clock.now) {
        switch event {
        case .opened(let resumed): wasResumed = resumed
        case .received(let bytes): received += bytes
        case .ended, .failed: Issue.record("the connection is over: \(event)")
        }
      }
      return received == [UInt8]("hello".utf8)
    }
    connection.close()
    return try #require(wasResumed as Bool?)
  }

  @Test(arguments: ["127.0.0.1", "localhost"])
  func `a certificate of the authority for the host is verified`(host: String) throws {
    let cloud = try self.laboratory.cloud()
    #expect(try !self.open(cloud, self.laboratory.context(), host: host))
    #expect(cloud.connections.last?.clientName == [UInt8](Laboratory.deviceID.utf8))
  }

  @Test func `a second connection resumes the newest session`() throws {
    let cloud = try self.laboratory.cloud()
    let context = try self.laboratory.context()
    #expect(try !self.open(cloud, context))
    #expect(try self.open(cloud, context))
    #expect(cloud.connections.last?.wasResumed == true)
    #expect(try self.open(cloud, context))
    #expect(
      try !self.open(cloud, self.laboratory.context()), "memory is gone with the power: no session")
  }

  @Test func `a session is not resumed once the certificate behind it has expired`() throws {
    var profile = CertificateProfile(
      usage: .server, commonName: "localhost", names: ["127.0.0.1"], validForDays: 1)
    profile.validForSeconds = 5
    let cloud = try TestCloud(
      identity: self.laboratory.authorities.issueServerCertificate(profile))
    let expiry = time(nil) + profile.validForSeconds
    let context = try self.laboratory.context()
    #expect(try !self.open(cloud, context))
    #expect(try self.open(cloud, context), "as long as it is valid")
    waitUntil("the certificate has expired") { time(nil) > expiry }
    let connection = try CloudConnection(
      to: cloud.origin(), context: context, now: Clock.now)
    #expect(self.failure(of: connection) { cloud.turn() }?.failure == .certificateExpired)
  }

  /// Connects, and fails.
  private func failure(
    of identity: IssuedCertificate, trusting authorities: [UInt8]? = nil
  ) throws -> ConnectionFailure {
    let cloud = try TestCloud(identity: identity)
    let connection = try CloudConnection(
      to: cloud.origin(), context: self.laboratory.context(trusting: authorities), now: Clock.now)
    return try #require(self.failure(of: connection) { cloud.turn() })
  }

  /// Lets a connection fail.
  private func failure(of connection: CloudConnection, turn: () -> Void) -> ConnectionFailure? {
    var failure: ConnectionFailure?
    waitUntil("the connection fails") {
      turn()
      for event in connection.advance(now: Clock.now) {
        switch event {
        case .failed(let reason): failure = reason
        case .opened, .received, .ended: Issue.record("not a failure: \(event)")
        }
      }
      return failure != nil
    }
    return failure
  }

  @Test func `a certificate of another authority is refused`() throws {
    let other = try DevelopmentCA(folder: self.laboratory.folder.path("other"))
    let failure = try self.failure(of: other.issueServerCertificate())
    #expect(failure.failure == .unknownAuthority)
  }

  @Test func `a certificate that signed itself is refused`() throws {
    let key = try PrivateKey()
    let certificate = try Certificate.issue(
      CertificateProfile(
        usage: .server, commonName: "localhost", names: ["127.0.0.1"], validForDays: 1),
      key: key, issuer: nil, issuerKey: key)
    let failure = try self.failure(
      of: IssuedCertificate(certificate: certificate.pem(), key: key.pem()))
    #expect(failure.failure == .unknownAuthority)
  }

  @Test func `a certificate of another host is refused`() throws {
    let identity = try self.laboratory.authorities.issueServerCertificate(
      CertificateProfile(
        usage: .server, commonName: "127.0.0.1", names: ["cloud.example.org", "127.0.0.2"],
        validForDays: 1))
    #expect(try self.failure(of: identity).failure == .wrongHost)
  }

  @Test(arguments: [(-3 * 86_400, -1), (86_400, 3)])
  func `a certificate that is not valid now is refused`(from: Int, days: Int) throws {
    let identity = try self.laboratory.authorities.issueServerCertificate(
      CertificateProfile(
        usage: .server, commonName: "localhost", names: ["127.0.0.1"], validFromSeconds: from,
        validForDays: days))
    #expect(try self.failure(of: identity).failure == .certificateExpired)
  }

  @Test func `a device's certificate is no server's`() throws {
    let failure = try self.failure(
      of: self.laboratory.device, trusting: self.laboratory.authorities.makerAuthority)
    #expect(failure.failure != .reset)
  }

  @Test func `nobody listening is reported as refused`() throws {
    var cloud: TestCloud? = try self.laboratory.cloud()
    let origin = try #require(try cloud?.origin())
    cloud = nil
    let connection = try CloudConnection(
      to: origin, context: self.laboratory.context(), now: Clock.now)
    #expect(self.failure(of: connection) {}?.failure == .refused)
  }

  @Test func `a server that never shakes hands is given up after ten seconds`() throws {
    let cloud = try self.laboratory.cloud()
    let start = Clock.now
    let connection = try CloudConnection(
      to: cloud.origin(), context: self.laboratory.context(), now: start)
    #expect(connection.advance(now: start.advanced(byMilliseconds: 9_999)).isEmpty)
    let events = connection.advance(now: start.advanced(byMilliseconds: 10_000))
    guard case .failed(let failure) = events.last else {
      Issue.record("not given up: \(events)")
      return
    }
    #expect(failure.failure == .timedOut)
  }

  @Test func `trusting a text without a certificate is refused with its source`() {
    #expect {
      _ = try self.laboratory.context(trusting: [UInt8]("no certificate".utf8))
    } throws: { error in
      (error as? HostError)?.subject == "the test"
    }
  }
}
