import DeviceProtocol
import Glibc

@testable import DeviceHost

/// The authorities, a device's certificate and a journal that a test looks into.
final class Laboratory {
  let folder = TemporaryFolder()
  let authorities: DevelopmentCA
  let device: IssuedCertificate
  private let journalPipe: (read: CInt, write: CInt)

  static let deviceID = "0f0e0d0c-0b0a-4908-8706-050403020100"

  init() throws {
    precondition(brokenPipesAreErrors)
    self.authorities = try DevelopmentCA(folder: self.folder.path("ca"))
    self.device = try self.authorities.issueDeviceCertificate(
      deviceID: Self.deviceID, serial: "RLC-TEST")
    var ends: [CInt] = [-1, -1]
    precondition(pipe(&ends) == 0)
    makeNonBlocking(ends[0])
    self.journalPipe = (ends[0], ends[1])
  }

  deinit {
    close(self.journalPipe.read)
    close(self.journalPipe.write)
  }

  lazy var journal = Journal(descriptor: self.journalPipe.write) { UnixMilliseconds(1_000) }

  /// The lines since the last call, without their time.
  func journalLines() -> [String] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(self.journalPipe.read, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: "\n").map {
      String($0.replacing(#"{"at":1000,"#, with: "{"))
    }
  }

  func context(trusting authorities: [UInt8]? = nil) throws -> TLSContext {
    try TLSContext(
      trusting: authorities ?? self.authorities.serverAuthority, authoritiesSource: "the test",
      identity: self.device)
  }

  /// A server that a client of this laboratory trusts.
  func cloud() throws -> TestCloud {
    try TestCloud(
      identity: self.authorities.issueServerCertificate(),
      clientAuthority: self.authorities.makerAuthority)
  }
}
