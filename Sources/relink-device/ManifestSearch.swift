import DeviceHost
import Glibc

/// Finds the firmware manifest.
enum ManifestSearch {
  private static let relativePath = "firmware-images/manifest.json"

  /// The path given, else that of `RELINK_MANIFEST`, else the manifest in the current folder, else
  /// the nearest in the folders from the executable's upwards.
  ///
  /// - Throws: `HostError` when there is none.
  static func path(given: String?) throws(HostError) -> String {
    if let path = given ?? environmentValue("RELINK_MANIFEST") { return path }
    var candidates = [relativePath]
    if let executable = executablePath() {
      var above = folder(of: executable)
      while above != "/", above != "." {
        candidates.append("\(above)/\(relativePath)")
        above = folder(of: above)
      }
    }
    for candidate in candidates where access(candidate, R_OK) == 0 { return candidate }
    throw HostError(
      "find the firmware manifest", on: relativePath,
      because: "it is neither in this folder nor above the program; name it by --manifest")
  }

  private static func executablePath() -> String? {
    guard let path = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }
}
