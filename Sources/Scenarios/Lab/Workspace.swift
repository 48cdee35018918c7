import Foundation

/// The folder that a lab keeps everything in, so that one removal leaves nothing behind.
///
/// Its path is short, since the world sockets are in it and a Unix socket's path has 107 bytes.
package struct Workspace: Sendable {
  package let path: String

  /// Makes a folder that only this user can enter.
  ///
  /// - Parameter parent: Where; `$TMPDIR`, else `/tmp`, when nil.
  package static func temporary(in parent: String? = nil) throws(LabError) -> Workspace {
    let parent = parent ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(parent)/relink-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw LabError(.file, "a temporary folder in \(parent): \(String(cString: strerror(errno)))")
    }
    let path = String(
      decoding: template.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let workspace = Workspace(path: path)
    for folder in [workspace.logs, workspace.worlds, workspace.flashes] {
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw LabError(.file, "the folder \(folder): \(PlainError.text(of: error))")
      }
    }
    return workspace
  }

  package var cloudData: String { self.path + "/cloud" }
  package var cloudBackup: String { self.path + "/cloud-backup" }
  package var cloudClients: String { self.path + "/clients.json" }
  package var developmentCA: String { self.path + "/development-ca" }
  package var logs: String { self.path + "/logs" }
  package var flashes: String { self.path + "/flash" }
  package var worlds: String { self.path + "/world" }

  package func world(_ name: String) -> String { "\(self.worlds)/\(name)" }
  package func flash(_ name: String) -> String { "\(self.flashes)/\(name).flash" }
  package func logs(of name: String) -> ManagedProcess.Logs {
    ManagedProcess.Logs(
      standardOutput: "\(self.logs)/\(name).jsonl", standardError: "\(self.logs)/\(name).log")
  }

  package func remove() {
    try? FileManager.default.removeItem(atPath: self.path)
  }
}
