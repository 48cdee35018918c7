/// What a certificate to be issued says, apart from its key.
struct CertificateProfile {
  enum Usage {
    /// Signs certificates, but no further authorities.
    case authority
    case server
    case client
  }

  let usage: Usage
  let commonName: String
  /// The subject's `serialNumber`; nil leaves it out.
  let subjectSerialNumber: String?
  /// DNS names and IP addresses that a server answers under.
  let names: [String]
  /// Validity in seconds relative to now.
  let validFromSeconds: Int
  var validForSeconds: Int

  private static let day = 86_400

  /// From yesterday on, so that a peer whose clock is a little behind accepts it too.
  init(
    usage: Usage, commonName: String, subjectSerialNumber: String? = nil, names: [String] = [],
    validFromSeconds: Int = -day, validForDays: Int
  ) {
    self.usage = usage
    self.commonName = commonName
    self.subjectSerialNumber = subjectSerialNumber
    self.names = names
    self.validFromSeconds = validFromSeconds
    self.validForSeconds = validForDays * Self.day
  }

  /// The subject alternative names in OpenSSL's configuration syntax.
  ///
  /// - Throws: `HostError` for a name that is neither a DNS name nor an IP address; a comma in it
  ///   would smuggle in another.
  func alternativeNames() throws(HostError) -> String {
    var entries: [String] = []
    for name in self.names {
      if isIPAddress(name) {
        entries.append("IP:\(name)")
      } else if isDNSName(name) {
        entries.append("DNS:\(name)")
      } else {
        throw HostError(
          "issue a certificate for", on: name, because: "it is no DNS name and no IP address")
      }
    }
    return entries.joined(separator: ",")
  }
}
