import Foundation

/// A new empty folder, removed with everything in it when the value goes.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "relink-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    self.path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: self.path) }
}
