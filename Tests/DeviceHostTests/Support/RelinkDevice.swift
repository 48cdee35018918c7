import Glibc
import Testing

@testable import DeviceHost

/// The built `relink-device`: beside the test bundle, or in a folder above it. Nil if it is not
/// built, as when a test's target is built alone.
let relinkDevicePath: String? = {
  guard let executable = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(executable) }
  // The test bundle may be loaded by a helper of the toolchain: its first argument is the bundle.
  let candidates = [String(cString: executable)] + CommandLine.arguments
  for candidate in candidates where candidate.contains("/.build") {
    var above = folder(of: candidate)
    while above != "/", above != "." {
      let path = "\(above)/relink-device"
      if access(path, X_OK) == 0 { return path }
      above = folder(of: above)
    }
  }
  return nil
}()

extension ChildProcess {
  /// Runs `relink-device`.
  static func relinkDevice(_ arguments: [String], environment: [String] = []) throws
    -> ChildProcess
  {
    try ChildProcess(
      try #require(relinkDevicePath, "relink-device is built"), arguments,
      environment: environment)
  }

  /// Cameras that reach no cloud, their flash files `0.flash` and so on.
  static func unpairedDevices(count: Int, folder: TemporaryFolder, ca: String) throws
    -> [ChildProcess]
  {
    let manifest = folder.write("manifest.json", testManifest)
    return try (0..<count).map { number in
      try .relinkDevice([
        "camera", "--cloud", "https://localhost:9", "--flash", folder.path("\(number).flash"),
        "--development-ca", ca, "--manifest", manifest,
      ])
    }
  }
}

/// A camera with two versions and a scale with one.
let testManifest = [UInt8](
  """
  {"models":[
    {"model":"cam","kind":"camera","firmware":[
      {"version":"1.0.0","traits":[]},
      {"version":"2.0.0","traits":["keepsPreviousToken"],"note":"newest"}]},
    {"model":"weigh","kind":"scale","firmware":[
      {"version":"1.0.0","traits":["keepsPreviousToken"]}]}]}
  """.utf8)
