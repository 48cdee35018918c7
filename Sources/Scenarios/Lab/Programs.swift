import Foundation

/// Where the lab's programs are: beside the running one, as the build leaves them.
package struct Programs: Sendable {
  package let relink: String
  package let relinkDevice: String
  /// The models and their firmware versions.
  package let manifest: String
  /// What `relink demo` plays.
  package let defaultScenario: String

  /// - Throws: `LabError.notStarted` that names what is missing.
  package static func beside(
    executable: String = "/proc/self/exe"
  ) throws(LabError) -> Programs {
    let executable = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
    let folder = executable.deletingLastPathComponent()
    let relink = folder.appendingPathComponent("relink").path
    let relinkDevice = folder.appendingPathComponent("relink-device").path
    for path in [relink, relinkDevice]
    where !FileManager.default.isExecutableFile(atPath: path) {
      throw LabError(.notStarted, "the lab needs the program \(path), which is not there; build it")
    }
    return Programs(
      relink: relink, relinkDevice: relinkDevice, manifest: try Self.neededFirmwareManifest(),
      defaultScenario: try Self.file("scenarios/two-homes.yaml", above: folder))
  }

  /// Named by `RELINK_MANIFEST`, else that of the project above the program; nil when there is none.
  package static func firmwareManifest() -> String? {
    if let named = ProcessInfo.processInfo.environment["RELINK_MANIFEST"] { return named }
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return try? Self.file(
      "firmware-images/manifest.json", above: executable.deletingLastPathComponent())
  }

  /// - Throws: `LabError.file` when there is none.
  package static func neededFirmwareManifest() throws(LabError) -> String {
    guard let manifest = Self.firmwareManifest() else {
      throw LabError(
        .file,
        "firmware-images/manifest.json is in no folder above the program; name it in RELINK_MANIFEST"
      )
    }
    return manifest
  }

  /// `scenarios`, here or above the program.
  ///
  /// - Throws: `LabError.file` when there is none.
  package static func scenarioFolder() throws(LabError) -> String {
    if FileManager.default.fileExists(atPath: "scenarios") { return "scenarios" }
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return try Self.file("scenarios", above: executable.deletingLastPathComponent())
  }

  /// A file of the project: the program is somewhere below the folder that it is built from.
  private static func file(_ name: String, above folder: URL) throws(LabError) -> String {
    var folder = folder
    while folder.path != "/" {
      let path = folder.appendingPathComponent(name).path
      if FileManager.default.fileExists(atPath: path) { return path }
      folder = folder.deletingLastPathComponent()
    }
    throw LabError(.file, "\(name) is in no folder above the program")
  }
}
