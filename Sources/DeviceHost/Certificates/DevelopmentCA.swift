import Glibc

/// The two authorities of a laboratory, kept in a folder: one signs the cloud's server
/// certificates, the other those of the devices that a maker makes.
///
/// The folder holds `server-ca.pem`, `server-ca.key`, `maker-ca.pem` and `maker-ca.key`. They are
/// for development only: whoever can read the folder can be any cloud and any device.
package struct DevelopmentCA {
  package let folder: String
  /// The server authority's certificate, in PEM; clients trust it.
  package let serverAuthority: [UInt8]
  /// The makers' authority's certificate, in PEM; the cloud trusts it.
  package let makerAuthority: [UInt8]
  private let serverAuthorityKey: [UInt8]
  private let makerAuthorityKey: [UInt8]

  /// The file of the certificate that clients of the cloud trust.
  package static let serverAuthorityFile = "server-ca.pem"
  /// The file of the certificate that the cloud trusts for devices.
  package static let makerAuthorityFile = "maker-ca.pem"

  /// Loads the authorities of a folder; makes what is missing.
  ///
  /// Several processes may do so at once: all get the same authorities.
  ///
  /// - Throws: `HostError` with the path: when a file cannot be read or written, or a certificate
  ///   is there without its key.
  package init(folder: String) throws(HostError) {
    try makeFolders(folder)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw HostError("open the development CA", on: folder, errno: errno)
    }
    // The folder itself is the lock: who comes second finds the files made.
    let lock = OwnedDescriptor(descriptor)
    guard retryingInterrupts({ Int(flock(lock.rawValue, LOCK_EX)) }) == 0 else {
      throw HostError("lock the development CA", on: folder, errno: errno)
    }
    let server = try authority("server-ca", named: "Relink development server CA", in: folder)
    let maker = try authority("maker-ca", named: "Relink development makers' CA", in: folder)
    self.folder = folder
    self.serverAuthority = server.certificate
    self.serverAuthorityKey = server.key
    self.makerAuthority = maker.certificate
    self.makerAuthorityKey = maker.key
  }

  /// Issues a server's certificate for `localhost`, 127.0.0.1, ::1 and further names, for a year.
  ///
  /// - Parameter extraNames: DNS names and IP addresses.
  /// - Throws: `HostError` naming the name that is neither.
  package func issueServerCertificate(extraNames: [String] = []) throws(HostError)
    -> IssuedCertificate
  {
    let names = Self.serverNames(extraNames)
    return try self.issueServerCertificate(
      CertificateProfile(
        usage: .server, commonName: names[0], names: names, validForDays: 365))
  }

  func issueServerCertificate(_ profile: CertificateProfile) throws(HostError) -> IssuedCertificate
  {
    try issue(profile, by: self.serverAuthority, key: self.serverAuthorityKey)
  }

  /// Issues a device's certificate, for twenty years.
  ///
  /// - Parameters:
  ///   - deviceID: The device's UUID, lower case; the subject's common name.
  ///   - serial: The subject's serial number.
  package func issueDeviceCertificate(deviceID: String, serial: String) throws(HostError)
    -> IssuedCertificate
  {
    let profile = CertificateProfile(
      usage: .client, commonName: deviceID, subjectSerialNumber: serial, validForDays: 20 * 365)
    return try issue(profile, by: self.makerAuthority, key: self.makerAuthorityKey)
  }

  private func issue(_ profile: CertificateProfile, by authority: [UInt8], key: [UInt8])
    throws(HostError) -> IssuedCertificate
  {
    let issuer = try Certificate(pem: authority, source: self.folder)
    let issuerKey = try PrivateKey(pem: key, source: self.folder)
    let subjectKey = try PrivateKey()
    let certificate = try Certificate.issue(
      profile, key: subjectKey, issuer: issuer.pointer, issuerKey: issuerKey)
    return IssuedCertificate(certificate: try certificate.pem(), key: try subjectKey.pem())
  }
}

/// A certificate with its private key, both in PEM; the key is a secret and never printed.
package struct IssuedCertificate: Equatable, Sendable, CustomStringConvertible,
  CustomDebugStringConvertible, CustomReflectable
{
  package let certificate: [UInt8]
  package let key: [UInt8]

  package init(certificate: [UInt8], key: [UInt8]) {
    self.certificate = certificate
    self.key = key
  }

  package var description: String { "a certificate with its key, redacted" }
  package var debugDescription: String { self.description }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}

/// Loads one authority, or makes it: the key first, then the certificate, so that a certificate is
/// never without its key however the making ends.
private func authority(_ name: String, named commonName: String, in folder: String)
  throws(HostError) -> IssuedCertificate
{
  let certificatePath = "\(folder)/\(name).pem"
  let keyPath = "\(folder)/\(name).key"
  if access(certificatePath, F_OK) == 0 {
    let loaded = IssuedCertificate(
      certificate: try readFile(certificatePath, purpose: "the authority's certificate"),
      key: try readFile(keyPath, purpose: "the authority's key"))
    let certificate = try Certificate(pem: loaded.certificate, source: certificatePath)
    guard certificate.isOf(try PrivateKey(pem: loaded.key, source: keyPath)) else {
      throw HostError(
        "load the authority", on: certificatePath, because: "\(keyPath) is the key of another")
    }
    return loaded
  }
  let key = try PrivateKey()
  let profile = CertificateProfile(
    usage: .authority, commonName: commonName, validForDays: 20 * 365)
  let certificate = try Certificate.issue(profile, key: key, issuer: nil, issuerKey: key)
  let made = IssuedCertificate(certificate: try certificate.pem(), key: try key.pem())
  try writeFileAtomically(keyPath, made.key, mode: 0o600, purpose: "the authority's key")
  try writeFileAtomically(
    certificatePath, made.certificate, mode: 0o644, purpose: "the authority's certificate")
  return made
}
