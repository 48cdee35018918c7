import CLibUUID
package import DeviceProtocol

/// Where devices are made: gives each its identity.
package struct Factory {
  /// Where a device's certificate comes from.
  package enum CertificateSource {
    /// The makers' authority of this folder signs a new one; the folder is made when missing.
    case developmentCA(folder: String)
    /// This one, which names the device too.
    case given(IssuedCertificate, source: String)
  }

  private let certificateSource: CertificateSource

  package init(certificateSource: CertificateSource) { self.certificateSource = certificateSource }

  /// Makes one device.
  ///
  /// - Throws: `HostError` when the authority cannot be used, or the given certificate does not
  ///   name a device.
  package func makeDevice(kind: DeviceKind, model: [UInt8]) throws(HostError) -> Identity {
    let deviceID: [UInt8]
    let serial: [UInt8]
    let certificate: IssuedCertificate
    switch self.certificateSource {
    case .developmentCA(let folder):
      let id = newUUID()
      let number = try newSerialNumber(kind)
      certificate = try DevelopmentCA(folder: folder)
        .issueDeviceCertificate(deviceID: id, serial: number)
      deviceID = [UInt8](id.utf8)
      serial = [UInt8](number.utf8)
    case .given(let given, let source):
      (deviceID, serial) = try readName(of: given, source: source)
      certificate = given
    }
    return Identity(
      kind: kind, model: model, deviceID: deviceID, serial: serial,
      macAddress: try newMACAddress(), certificate: certificate)
  }

  /// - Throws: `HostError` when a certificate was given and the device has another.
  package func checkCertificate(of identity: Identity, flashPath: String) throws(HostError) {
    guard case .given(let given, let source) = self.certificateSource,
      given != identity.certificate
    else { return }
    throw HostError(
      "use the certificate", on: source,
      because: "the device in \(flashPath) was made with another one")
  }
}

/// A random UUID of libuuid's, lower case with hyphens.
private func newUUID() -> String {
  var bytes = [UInt8](repeating: 0, count: 16)
  uuid_generate_random(&bytes)
  var text = [CChar](repeating: 0, count: 37)
  uuid_unparse_lower(bytes, &text)
  return String(decoding: text.prefix(36).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// `RLC-` or `RLS-` and eight digits of base 32, without those that look alike.
private func newSerialNumber(_ kind: DeviceKind) throws(HostError) -> String {
  let digits = [UInt8]("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  let number = try randomBytes(count: 8).map { digits[Int($0 % 32)] }
  let prefix: StaticString =
    switch kind {
    case .camera: "RLC-"
    case .scale: "RLS-"
    }
  return String(decoding: [UInt8](prefix) + number, as: UTF8.self)
}

/// A MAC address of the locally administered prefix 02:52:4c (IEEE 802, clause 8.2).
private func newMACAddress() throws(HostError) -> [UInt8] {
  let octets = [0x02, 0x52, 0x4c] + (try randomBytes(count: 3))
  return [UInt8](octets.map { Hexadecimal.encode([$0]) }.joined(separator: [UInt8(ascii: ":")]))
}

/// The device that a certificate names, once its key belongs to it.
private func readName(of given: IssuedCertificate, source: String) throws(HostError)
  -> (deviceID: [UInt8], serial: [UInt8])
{
  let attempt = "use the certificate"
  let certificate = try Certificate(pem: given.certificate, source: source)
  guard certificate.isOf(try PrivateKey(pem: given.key, source: "of \(source)")) else {
    throw HostError(attempt, on: source, because: "the key belongs to another one")
  }
  guard let name = certificate.commonName, isLowercaseUUID(name) else {
    throw HostError(
      attempt, on: source, because: "its common name is not one UUID in lower case")
  }
  guard let serial = certificate.subjectSerialNumber, !serial.isEmpty else {
    throw HostError(attempt, on: source, because: "its subject has no serialNumber")
  }
  return (name, serial)
}

private func isLowercaseUUID(_ text: [UInt8]) -> Bool {
  var bytes = [UInt8](repeating: 0, count: 16)
  let characters = text.map { CChar(bitPattern: $0) } + [0]
  return text.count == 36 && uuid_parse(characters, &bytes) == 0
    && text.allSatisfy { $0 == $0.asciiLowercased }
}
