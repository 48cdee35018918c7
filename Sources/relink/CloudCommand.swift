import ArgumentParser
import CloudCore
import CloudServer
import DeviceHost
import Foundation
import Logging
import Scenarios

struct CloudCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloud",
    abstract: "Run the mock cloud alone.",
    discussion: """
      When it takes connections, it says where in one line of JSON on standard
      output, with these members: event ("listening"), port, admin_port, issuer,
      ca (the file that clients have to trust; null with
      --certificate and --plain-http),
      admin_token_file, data (null with --ephemeral) and pid.

      EXAMPLES
        On ports 8443 and 8444, with everything kept:
          relink cloud
        On free ports, with nothing kept:
          relink cloud --ephemeral --port 0 --admin-port 0
        For devices on the network:
          relink cloud --host 0.0.0.0 --issuer https://lab.test:8443
        With clients of your own, and the owner's app as Okta would have it:
          relink cloud --clients clients.json --policy relink-app=okta
        With certificates of your own:
          relink cloud --certificate cloud.pem --key cloud.key --device-ca ca.pem
      """)

  @Option(help: "Port of the public listener; 0 picks a free one.")
  var port = 8_443

  @Option(help: "Port of the admin listener, on 127.0.0.1; 0 picks a free one.")
  var adminPort = 8_444

  @Option(help: "Address of the public listener.")
  var host = "127.0.0.1"

  @Option(
    help: ArgumentHelp(
      "Where accounts, devices and sessions are kept (default: ${XDG_DATA_HOME:-~/.local/share}/relink/cloud).",
      valueName: "folder"),
    completion: .directory)
  var data: String?

  @Flag(
    help:
      "Keep everything in memory, and nothing after the end; secrets of one that was killed go at the next start."
  )
  var ephemeral = false

  @Flag(
    name: .customLong("plain-http"),
    help: ArgumentHelp(
      "Serve the public listener without TLS, on a loopback address only.",
      discussion:
        "For measurements, or behind a proxy on this machine. Devices can't pair: they prove who they are by certificates of TLS."
    ))
  var plainHTTP = false

  @OptionGroup(title: "Certificates") var certificates: CertificateOptions
  @OptionGroup(title: "Policy") var policy: PolicyOptions
  @OptionGroup(title: "Sign-in") var signIn: SignInOptions
  @OptionGroup(title: "Records") var records: RecordOptions

  @Option(
    help: ArgumentHelp(
      "Certificates of the CA of receivers of events, beside those of the system ('relink receivers').",
      valueName: "file"),
    completion: .file())
  var receiverCa: String?

  @Option(
    help: ArgumentHelp(
      "The public listener's origin as clients see it (default: https://HOST:PORT; with all addresses for HOST, https://localhost:PORT).",
      valueName: "url"))
  var issuer: String?

  @Option(
    help: ArgumentHelp(
      "The models and firmware versions that the status tells traits of (default: $RELINK_MANIFEST, else firmware-images/manifest.json above the program, if there).",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var manifest: String?

  @Option(help: "How log lines on standard error look: text or json.")
  var logFormat = CloudLogFormat.text

  @Option(
    help: "The least level that is logged: trace, debug, info, notice, warning, error.",
    completion: .list(Logger.Level.allCases.map(\.rawValue)),
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else {
        throw ValidationError("There is no level '\(text)'.")
      }
      return level
    })
  var logLevel = Logger.Level.info

  @Flag(help: "End when the process that started this one ends.")
  var exitWithParent = false

  func validate() throws {
    for (name, port) in [("--port", self.port), ("--admin-port", self.adminPort)] {
      guard (0...65_535).contains(port) else {
        throw ValidationError("\(name) must be from 0 to 65535.")
      }
    }
    guard !self.host.isEmpty else { throw ValidationError("--host must not be empty.") }
    guard !self.plainHTTP || self.certificates.certificate == nil else {
      throw ValidationError("--plain-http and --certificate exclude each other.")
    }
    guard !self.plainHTTP || self.certificates.deviceCa == nil else {
      throw ValidationError(
        "--plain-http and --device-ca exclude each other: devices show certificates to TLS.")
    }
    let isLocal = ["127.0.0.1", "localhost", "0.0.0.0", "::"].contains(self.host)
    guard self.port == 0 || self.port != self.adminPort || !isLocal else {
      throw ValidationError("--port and --admin-port must differ: each is a listener of its own.")
    }
    guard self.data != "" else { throw ValidationError("--data must not be empty.") }
    guard self.data == nil || !self.ephemeral else {
      throw ValidationError("--data and --ephemeral exclude each other.")
    }
    if let issuer = self.issuer {
      guard let url = URL(string: issuer), url.scheme == "https", let host = url.host(),
        !host.isEmpty, url.path().isEmpty, url.query() == nil, url.fragment() == nil,
        url.user() == nil
      else { throw ValidationError("--issuer must be an origin such as https://lab.test:8443.") }
    }
  }

  func run() async throws {
    LoggingSystem.bootstrap { [logFormat, logLevel] label in
      logFormat.handler(label: label, level: logLevel)
    }
    do {
      if self.exitWithParent { try ParentFollower.start() }
      try await self.serve(logger: Logger(label: "relink.cloud"))
    } catch let error as CloudServerError {
      try Self.fail(error.description)
    } catch let error as HostError {
      try Self.fail("cannot \(error.description)")
    }
  }

  private func serve(logger: Logger) async throws {
    let names = [self.host, self.issuer.flatMap { URL(string: $0)?.host() }].compactMap(\.self)
    let (tls, authorityPath): (ServerTLS?, String?) =
      self.plainHTTP
      ? (nil, nil) : try self.certificates.load(extraNames: names, logger: logger)
    let temporary = try self.ephemeral ? EphemeralFolder() : nil
    let folder = temporary?.path ?? self.dataFolder
    let removeFolder: @Sendable () -> Void = { temporary?.remove() }
    defer { removeFolder() }

    var options = CloudServerOptions(
      storage: self.ephemeral ? .ephemeral(secretsFolder: folder) : .folder(folder), tls: tls)
    if !self.plainHTTP {
      options.wrongCertificates = self.certificates.wrongCertificates(
        extraNames: names, logger: logger)
    }
    options.host = self.host
    options.port = self.port
    options.adminPort = self.adminPort
    options.issuer = self.issuer
    options.receiverAuthority = try self.receiverCa.map { try CertificateOptions.read($0).pem }
    try self.policy.apply(to: &options)
    options.firmware = try self.firmware()
    try self.signIn.apply(to: &options)
    self.records.apply(to: &options)
    let server = CloudServer(options: options, logger: logger) { [ephemeral] listening in
      let line = ListeningLine(
        listening: listening, authorityPath: authorityPath, data: ephemeral ? nil : folder)
      // Whoever closed standard output does not want to know.
      try? FileHandle.standardOutput.write(contentsOf: line.bytes)
    }
    try await runUntilTerminated(
      server, name: "cloud", logger: logger, cleanUp: removeFolder)
  }

  private func firmware() throws(CloudServerError) -> FirmwareCatalogue {
    guard let path = self.manifest ?? Programs.firmwareManifest() else { return .empty }
    do {
      return try JSONDecoder().decode(
        FirmwareCatalogue.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw CloudServerError(
        .badOption, attempted: "read the firmware manifest \(path)",
        detail: "it can't be read as the manifest's JSON")
    }
  }

  private var dataFolder: String {
    URL(filePath: self.data ?? DefaultFolders.cloudData).standardizedFileURL.path(
      percentEncoded: false)
  }

  private static func fail(_ message: String) throws -> Never {
    try FileHandle.standardError.write(contentsOf: Data("relink cloud: \(message)\n".utf8))
    throw ExitCode.failure
  }
}

/// The public listener's certificate, and the makers' CA.
struct CertificateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server's certificate in PEM, then those between it and its CA (default: one of the development CA, made at each start).",
      valueName: "file"),
    completion: .file())
  var certificate: String?

  @Option(help: ArgumentHelp("Its private key in PEM.", valueName: "file"), completion: .file())
  var key: String?

  @Option(
    help: ArgumentHelp(
      "Certificates of the makers' CA, which signs those of devices (default: the development CA's).",
      valueName: "file"),
    completion: .file())
  var deviceCa: String?

  @Option(
    help: ArgumentHelp(
      "The development CA, made on first use (default: ${XDG_DATA_HOME:-~/.local/share}/relink/development-ca).",
      valueName: "folder"),
    completion: .directory)
  var developmentCa: String?

  func validate() throws {
    guard (self.certificate == nil) == (self.key == nil) else {
      throw ValidationError("--certificate and --key go together.")
    }
  }

  /// - Parameter extraNames: Of the cloud, beside localhost, for the development CA's certificate.
  /// - Returns: What the listener presents and trusts, and the file that clients have to trust.
  func load(
    extraNames: [String], logger: Logger
  ) throws -> (tls: ServerTLS, authorityPath: String?) {
    if let certificate = self.certificate, let key = self.key {
      let deviceAuthority = try self.deviceCa.map(Self.read) ?? self.makers(of: self.authority())
      let tls = try ServerTLS(
        certificate: Self.read(certificate), key: Self.read(key), deviceAuthority: deviceAuthority,
        now: systemWallClock(), logger: logger)
      return (tls, nil)
    }
    let authority = try self.authority()
    let issued = try authority.issueServerCertificate(extraNames: Self.certified(extraNames))
    let tls = try ServerTLS(
      certificate: .init(name: "of the development CA", pem: issued.certificate),
      key: .init(name: "made at this start", pem: issued.key),
      deviceAuthority: self.deviceCa.map(Self.read) ?? self.makers(of: authority),
      now: systemWallClock(), logger: logger)
    return (tls, authority.folder + "/" + DevelopmentCA.serverAuthorityFile)
  }

  /// Made when a fault asks for them.
  func wrongCertificates(extraNames: [String], logger: Logger) -> WrongCertificates {
    let (options, names) = (self, Self.certified(extraNames))
    return WrongCertificates { wrong in
      if options.certificate != nil, wrong != .unknownAuthority {
        throw FaultProblem(
          "with --certificate this cloud has no key of its CA: only 'unknown_ca' can be presented")
      }
      let issued =
        switch wrong {
        case .expired: try options.authority().issueExpiredServerCertificate(extraNames: names)
        case .otherHost: try options.authority().issueServerCertificateOfAnotherHost()
        case .unknownAuthority:
          try DevelopmentCA.issueServerCertificateOfUnknownAuthority(extraNames: names)
        }
      return try ServerTLS(
        certificate: .init(name: "of a fault", pem: issued.certificate),
        key: .init(name: "of a fault", pem: issued.key), deviceAuthority: nil,
        now: systemWallClock(),
        logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() })
    }
  }

  private static func certified(_ names: [String]) -> [String] {
    names.filter { !["0.0.0.0", "::"].contains($0) }
  }

  private func authority() throws(HostError) -> DevelopmentCA {
    let folder = URL(filePath: self.developmentCa ?? DefaultFolders.developmentCA)
    return try DevelopmentCA(
      folder: folder.standardizedFileURL.path(percentEncoded: false))
  }

  private func makers(of authority: DevelopmentCA) -> ServerTLS.Source {
    ServerTLS.Source(
      name: authority.folder + "/" + DevelopmentCA.makerAuthorityFile,
      pem: authority.makerAuthority)
  }

  static func read(_ path: String) throws(CloudServerError) -> ServerTLS.Source {
    do {
      return ServerTLS.Source(name: path, pem: Array(try Data(contentsOf: URL(filePath: path))))
    } catch {
      let cause = (error as? CocoaError)?.underlying as? POSIXError
      throw CloudServerError(
        .badCertificate, attempted: "read \(path)",
        detail: cause.map { String(cString: strerror($0.code.rawValue)) }
          ?? error.localizedDescription)
    }
  }
}

/// Tells scripts where the cloud is.
private struct ListeningLine: Encodable {
  let listening: CloudServer.Listening
  let authorityPath: String?
  let data: String?

  enum CodingKeys: String, CodingKey {
    case event, port, issuer, ca, data, pid
    case adminPort = "admin_port"
    case adminTokenFile = "admin_token_file"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode("listening", forKey: .event)
    try members.encode(self.listening.port, forKey: .port)
    try members.encode(self.listening.adminPort, forKey: .adminPort)
    try members.encode(self.listening.issuer, forKey: .issuer)
    // `encode`, not `encodeIfPresent`: it writes null.
    try members.encode(self.authorityPath, forKey: .ca)
    try members.encode(self.listening.adminTokenPath, forKey: .adminTokenFile)
    try members.encode(self.data, forKey: .data)
    try members.encode(ProcessInfo.processInfo.processIdentifier, forKey: .pid)
  }

  var bytes: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self) + Data("\n".utf8)
    }
  }
}

extension CloudLogFormat: ExpressibleByArgument {}
