import DeviceCore
import Glibc
import Testing

@testable import DeviceHost

@Suite struct DevelopmentCATests {
  private let folder = TemporaryFolder()
  private var caFolder: String { self.folder.path("data/ca") }

  /// Runs `openssl` and returns what it printed.
  private func openssl(_ arguments: String...) throws -> (status: CInt, output: String) {
    let child = try ChildProcess("/usr/bin/env", ["openssl"] + arguments)
    return (try child.wait(), child.remainingOutput())
  }

  @Test func `the folder holds two authorities, their keys for the owner only`() throws {
    _ = try DevelopmentCA(folder: self.caFolder)
    for name in ["maker-ca.key", "maker-ca.pem", "server-ca.key", "server-ca.pem"] {
      #expect(mode(of: "\(self.caFolder)/\(name)") == (name.hasSuffix(".key") ? 0o600 : 0o644))
    }
    #expect(self.folder.entries == ["data"])
    #expect(mode(of: self.caFolder) == 0o700)
  }

  @Test func `the same folder gives the same authorities`() throws {
    let first = try DevelopmentCA(folder: self.caFolder)
    let second = try DevelopmentCA(folder: self.caFolder)
    #expect(first.serverAuthority == second.serverAuthority)
    #expect(first.makerAuthority == second.makerAuthority)
    #expect(first.serverAuthority != first.makerAuthority)
  }

  @Test func `a half-made folder is completed and a lost key is an error`() throws {
    let first = try DevelopmentCA(folder: self.caFolder)
    unlink("\(self.caFolder)/maker-ca.pem")
    let second = try DevelopmentCA(folder: self.caFolder)
    #expect(first.serverAuthority == second.serverAuthority)
    #expect(first.makerAuthority != second.makerAuthority)
    unlink("\(self.caFolder)/server-ca.key")
    #expect(
      throws: HostError(
        "read the authority's key", on: "\(self.caFolder)/server-ca.key",
        because: "No such file or directory")
    ) { try DevelopmentCA(folder: self.caFolder) }
  }

  @Test func `a key of another authority is refused`() throws {
    _ = try DevelopmentCA(folder: self.caFolder)
    rename("\(self.caFolder)/maker-ca.key", "\(self.caFolder)/server-ca.key")
    #expect {
      _ = try DevelopmentCA(folder: self.caFolder)
    } throws: { error in
      (error as? HostError)?.subject == "\(self.caFolder)/server-ca.pem"
    }
  }

  @Test func `processes that make it at once get the same authorities`() throws {
    let devices = try ChildProcess.unpairedDevices(count: 4, folder: self.folder, ca: self.caFolder)
    for device in devices {
      _ = try device.nextLine(containing: #""event":"booted""#)
      kill(device.processID, SIGTERM)
      #expect(try device.wait() == 0)
    }
    for number in 0..<4 {
      let flash = try FileFlash(opening: self.folder.path("\(number).flash"))
      let record = try #require(try DeviceStorage(mounting: flash).value(for: .manufacture))
      let identity = try Identity(parsing: record, flashPath: flash.path)
      let path = self.folder.write("device.pem", identity.certificate.certificate)
      let verdict = try self.openssl("verify", "-CAfile", "\(self.caFolder)/maker-ca.pem", path)
      #expect(verdict.status == 0, "device \(number): \(verdict.output)")
    }
  }

  @Test func `a server's certificate is verified by openssl for its names and no others`() throws {
    let issued = try DevelopmentCA(folder: self.caFolder)
      .issueServerCertificate(extraNames: ["cloud.example.org", "192.0.2.7", "localhost"])
    let path = self.folder.write("server.pem", issued.certificate)
    let verify = { (arguments: [String]) throws -> CInt in
      try ChildProcess(
        "/usr/bin/env",
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile"]
          + ["\(self.caFolder)/server-ca.pem"] + arguments + [path]
      ).wait()
    }
    for name in ["localhost", "cloud.example.org"] {
      #expect(try verify(["-verify_hostname", name]) == 0, "\(name)")
    }
    for address in ["127.0.0.1", "::1", "192.0.2.7"] {
      #expect(try verify(["-verify_ip", address]) == 0, "\(address)")
    }
    #expect(try verify(["-verify_hostname", "example.org"]) != 0)
    #expect(try verify(["-verify_ip", "127.0.0.2"]) != 0)
  }

  @Test func `a device's certificate names it and is verified for clients only`() throws {
    let id = Laboratory.deviceID
    let issued = try DevelopmentCA(folder: self.caFolder)
      .issueDeviceCertificate(deviceID: id, serial: "RLC-1")
    let path = self.folder.write("device.pem", issued.certificate)
    let verify = { (purpose: String, authority: String) throws -> CInt in
      try self.openssl(
        "verify", "-x509_strict", "-purpose", purpose, "-CAfile",
        "\(self.caFolder)/\(authority).pem", path
      ).status
    }
    #expect(try verify("sslclient", "maker-ca") == 0)
    #expect(try verify("sslserver", "maker-ca") != 0)
    #expect(try verify("sslclient", "server-ca") != 0)
    let subject = try self.openssl("x509", "-in", path, "-noout", "-subject", "-nameopt", "RFC2253")
    #expect(subject.output.contains("CN=\(id)"))
    #expect(subject.output.contains("serialNumber=RLC-1"))
    let certificate = try Certificate(pem: issued.certificate, source: "the test")
    #expect(certificate.commonName == [UInt8](id.utf8))
    #expect(certificate.subjectSerialNumber == [UInt8]("RLC-1".utf8))
  }

  @Test(arguments: ["", "a b", "a,DNS:evil", "-a", "a..b", "*", "1.2.3.4/8"])
  func `a name that is none is refused`(name: String) throws {
    let authorities = try DevelopmentCA(folder: self.caFolder)
    #expect(
      throws: HostError(
        "issue a certificate for", on: name, because: "it is no DNS name and no IP address")
    ) { try authorities.issueServerCertificate(extraNames: [name]) }
  }

  @Test func `a certificate with its key prints without the key`() throws {
    let issued = try DevelopmentCA(folder: self.caFolder).issueServerCertificate()
    var dumped = ""
    dump(issued, to: &dumped)
    for text in ["\(issued)", String(reflecting: issued), dumped] {
      #expect(!text.contains("PRIVATE") && !text.contains("45, 45"), "\(text)")
    }
  }
}
