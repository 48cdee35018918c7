import ArgumentParser
import DeviceHost
import Foundation
import Scenarios

struct CertificateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate",
    abstract: "Make certificates of the development CA, for a device or a cloud of your own.",
    discussion: """
      EXAMPLES
        relink certificate device --out my-device
        relink certificate server --name cloud.test --out my-cloud
      """,
    subcommands: [Device.self, Server.self])

  func run() throws {
    throw ValidationError("Say for whom: device or server.")
  }

  struct Options: ParsableArguments {
    @Option(
      help: ArgumentHelp("Folder of the development CA; made on first use.", valueName: "folder"),
      completion: .directory)
    var developmentCa: String?

    @Option(
      help: ArgumentHelp(
        "Where to write PREFIX.pem and PREFIX.key; existing files are left alone.",
        valueName: "prefix"))
    var out: String

    var authority: DevelopmentCA {
      get throws { try DevelopmentCA(folder: self.developmentCa ?? DefaultFolders.developmentCA) }
    }

    /// Writes the pair, the key readable by this user only.
    func write(_ issued: IssuedCertificate) throws {
      for path in [self.out + ".pem", self.out + ".key"]
      where FileManager.default.fileExists(atPath: path) {
        throw LabError(.file, "\(path) is there already")
      }
      try Self.create(self.out + ".key", issued.key, mode: 0o600)
      try Self.create(self.out + ".pem", issued.certificate, mode: 0o644)
      print("\(self.out).pem")
      print("\(self.out).key")
    }

    private static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws {
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      guard descriptor >= 0 else {
        throw LabError(.file, "\(path) can't be written: \(String(cString: strerror(errno)))")
      }
      let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      do {
        try file.write(contentsOf: Data(bytes))
      } catch {
        throw LabError(.file, "\(path) can't be written: \(PlainError.text(of: error))")
      }
    }
  }

  struct Device: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A device's certificate: it says which device this is.",
      discussion: "EXAMPLE\n  relink certificate device --serial SN-0001 --out my-device")

    @Option(help: "The device's id, a UUID (default: a new one).") var id: String?
    @Option(help: "The device's serial number (default: made from the id).") var serial: String?
    @OptionGroup var options: Options

    func run() throws {
      let id = (self.id ?? UUID().uuidString).lowercased()
      guard UUID(uuidString: id) != nil else { throw ValidationError("--id must be a UUID.") }
      let serial = self.serial ?? "SN-" + id.prefix(8).uppercased()
      try self.options.write(
        self.options.authority.issueDeviceCertificate(deviceID: id, serial: serial))
    }
  }

  struct Server: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A cloud's certificate for localhost, 127.0.0.1, ::1 and further names.",
      discussion: "EXAMPLE\n  relink certificate server --name cloud.test --out my-cloud")

    @Option(help: "A further DNS name or IP address; repeat for more.") var name: [String] = []
    @OptionGroup var options: Options

    func run() throws {
      try self.options.write(
        self.options.authority.issueServerCertificate(extraNames: self.name))
    }
  }
}
