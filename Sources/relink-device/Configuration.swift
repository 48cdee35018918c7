import DeviceCore
import DeviceHost
import DeviceProtocol

extension DeviceConfiguration {
  /// Reads the files that the options name, and fills in the defaults.
  ///
  /// - Throws: `HostError` with the file, or `UsageError` for a value that is not one.
  init(_ options: CommandLineOptions.Options, reportError: @escaping (HostError) -> Void) throws {
    let manifestPath = try ManifestSearch.path(given: options.manifestPath)
    self.init(
      kind: options.kind, cloud: try CloudOrigin(options.cloud),
      flashPath: try options.flashPath ?? DefaultPaths.flashPath(of: options.kind),
      authorities: try readAuthorities(options),
      certificateSource: try readCertificateSource(options),
      worldPath: options.worldPath, model: options.model.map { [UInt8]($0.utf8) },
      firmwareVersion: options.firmwareVersion.map { [UInt8]($0.utf8) },
      manifest: try FirmwareManifest(
        parsing: readFile(manifestPath, purpose: "the firmware manifest"), source: manifestPath),
      networks: try options.network.map { [try readNetwork($0)] } ?? [],
      payload: options.payload.map { [UInt8]($0.utf8) }, timing: readTiming(options),
      seed: options.seed ?? UInt64.random(in: .min ... .max), reportError: reportError)
  }
}

private func developmentCAFolder(_ options: CommandLineOptions.Options) throws(HostError) -> String
{
  if let folder = options.developmentCAFolder { return folder }
  return try DefaultPaths.developmentCAFolder()
}

private func readAuthorities(_ options: CommandLineOptions.Options) throws(HostError)
  -> (pem: [UInt8], source: String)
{
  if let path = options.authoritiesPath {
    return (try readFile(path, purpose: "the authority's certificate"), path)
  }
  let authority = try DevelopmentCA(folder: developmentCAFolder(options))
  return (authority.serverAuthority, authority.folder)
}

private func readCertificateSource(_ options: CommandLineOptions.Options) throws(HostError)
  -> Factory.CertificateSource
{
  guard let certificatePath = options.certificatePath, let keyPath = options.keyPath else {
    return .developmentCA(folder: try developmentCAFolder(options))
  }
  let given = IssuedCertificate(
    certificate: try readFile(certificatePath, purpose: "the device's certificate"),
    key: try readFile(keyPath, purpose: "the device's key"))
  return .given(given, source: certificatePath)
}

/// Reads `SSID:PASSPHRASE`, or `SSID` for an open network.
private func readNetwork(_ text: String) throws(UsageError) -> AccessPoint {
  let parts = text.utf8.split(
    separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
  let passphrase = parts.count == 2 ? [UInt8](parts[1]) : []
  let security: WiFiSecurity = passphrase.isEmpty ? .open : .wpa2
  guard let ssid = SSID([UInt8](parts[0])) else {
    throw UsageError(words: "the name of --network has \(parts[0].count) bytes instead of 1 to 32")
  }
  guard security.accepts(passphrase: passphrase) else {
    throw UsageError(
      words: "a passphrase of \(passphrase.count) bytes is not valid for --network; "
        + "WPA2 takes 8 to 63 printable characters, or 64 hexadecimal digits")
  }
  return AccessPoint(ssid: ssid, security: security, passphrase: passphrase)
}

private func readTiming(_ options: CommandLineOptions.Options) -> DeviceTiming {
  var timing = DeviceTiming()
  if let seconds = options.heartbeatSeconds { timing.heartbeatMilliseconds = seconds * 1_000 }
  if let base = options.backoffBaseMilliseconds { timing.backoffBaseMilliseconds = base }
  if let seconds = options.backoffCapSeconds { timing.backoffCapMilliseconds = seconds * 1_000 }
  return timing
}
