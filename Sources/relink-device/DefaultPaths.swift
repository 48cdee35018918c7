import DeviceHost
import DeviceProtocol
import Glibc

/// Where files are when no option says so (XDG Base Directory Specification).
enum DefaultPaths {
  static func developmentCAFolder() throws(HostError) -> String {
    try folder("XDG_DATA_HOME", orInHome: ".local/share") + "/relink/development-ca"
  }

  static func flashPath(of kind: DeviceKind) throws(HostError) -> String {
    try folder("XDG_STATE_HOME", orInHome: ".local/state") + "/relink/\(kind.text).flash"
  }

  /// - Throws: `HostError` when neither variable is set.
  private static func folder(_ variable: String, orInHome relative: String) throws(HostError)
    -> String
  {
    // The specification has relative paths ignored.
    if let folder = environmentValue(variable), folder.hasPrefix("/") { return folder }
    guard let home = environmentValue("HOME") else {
      throw HostError("find the folder of", on: variable, because: "HOME is not set either")
    }
    return "\(home)/\(relative)"
  }
}

/// The value of an environment variable; nil when it is absent or empty.
func environmentValue(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}
