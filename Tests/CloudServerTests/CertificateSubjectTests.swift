import DeviceHost
import NIOSSL
import TestSupport
import Testing

@testable import CloudServer

@Suite struct CertificateSubjectTests {
  private func certificate(id: String, serial: String) throws -> [UInt8] {
    let authority = try Authority(folder: TemporaryFolder())
    let issued = try authority.development.issueDeviceCertificate(deviceID: id, serial: serial)
    return try NIOSSLCertificate(bytes: issued.certificate, format: .pem).toDERBytes()
  }

  @Test func `the subject names the device`() throws {
    let subject = CertificateSubject(
      derEncodedCertificate: try self.certificate(id: "a device", serial: "SN-0001"))
    #expect(subject?.commonName == "a device")
    #expect(subject?.serialNumber == "SN-0001")
  }

  @Test func `a subject without a serial number has none`() throws {
    let authority = try Authority(folder: TemporaryFolder())
    let issued = try authority.development.issueServerCertificate()
    let bytes = try NIOSSLCertificate.fromPEMBytes(issued.certificate)[0].toDERBytes()
    let subject = CertificateSubject(derEncodedCertificate: bytes)
    #expect(subject?.commonName == "localhost")
    #expect(subject?.serialNumber == nil)
  }

  @Test func `bytes that are no certificate have no subject`() throws {
    let bytes = try self.certificate(id: "a device", serial: "SN-0001")
    for count in 0..<bytes.count {
      #expect(CertificateSubject(derEncodedCertificate: Array(bytes.prefix(count))) == nil)
    }
    var random = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      var garbled = bytes
      garbled[Int.random(in: garbled.indices, using: &random)] = .random(
        in: .min ... .max, using: &random)
      _ = CertificateSubject(derEncodedCertificate: garbled)
    }
  }
}
