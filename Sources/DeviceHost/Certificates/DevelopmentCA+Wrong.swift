/// Certificates that a client has to refuse, for tests of clients.
extension DevelopmentCA {
  /// As `issueServerCertificate(extraNames:)`, and it expired yesterday.
  package func issueExpiredServerCertificate(extraNames: [String] = []) throws(HostError)
    -> IssuedCertificate
  {
    let day = 86_400
    return try self.issueServerCertificate(
      CertificateProfile(
        usage: .server, commonName: "localhost", names: Self.serverNames(extraNames),
        validFromSeconds: -30 * day, validForDays: -1))
  }

  /// Of this authority, for a host that is not the cloud.
  package func issueServerCertificateOfAnotherHost() throws(HostError) -> IssuedCertificate {
    let name = "another-host.invalid"
    return try self.issueServerCertificate(
      CertificateProfile(usage: .server, commonName: name, names: [name], validForDays: 365))
  }

  /// As `issueServerCertificate(extraNames:)`, of an authority that is made for this and forgotten.
  package static func issueServerCertificateOfUnknownAuthority(
    extraNames: [String] = []
  ) throws(HostError) -> IssuedCertificate {
    let authorityKey = try PrivateKey()
    let authority = try Certificate.issue(
      CertificateProfile(
        usage: .authority, commonName: "An authority that nobody trusts", validForDays: 365),
      key: authorityKey, issuer: nil, issuerKey: authorityKey)
    let key = try PrivateKey()
    let certificate = try Certificate.issue(
      CertificateProfile(
        usage: .server, commonName: "localhost", names: Self.serverNames(extraNames),
        validForDays: 365),
      key: key, issuer: authority.pointer, issuerKey: authorityKey)
    return IssuedCertificate(certificate: try certificate.pem(), key: try key.pem())
  }

  static func serverNames(_ extraNames: [String]) -> [String] {
    var names = ["localhost", "127.0.0.1", "::1"]
    for name in extraNames where !names.contains(name) { names.append(name) }
    return names
  }
}
