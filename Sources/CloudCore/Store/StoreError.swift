/// Why a store did not do what was asked of it. Nothing is ever wiped because of one.
package struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// The file is no database, or a damaged one.
    case corrupt
    /// A newer version of this program made it.
    case newerSchema
    case permissionDenied
    case diskFull
    /// The device under the file system failed.
    case inputOutput
    /// Another process uses the same data folder.
    case inUse
    /// Closed, so nothing more can be done with it.
    case closed
    /// A record does not have the shape that the schema promises, or the store broke a rule.
    case failed
  }

  package let code: Code
  /// Of the file or folder; empty for a store in memory.
  package let path: String
  /// As in "open the database".
  package let attempted: String
  /// What the layer below said.
  package let detail: String

  package init(code: Code, path: String, attempted: String, detail: String) {
    self.code = code
    self.path = path
    self.attempted = attempted
    self.detail = detail
  }

  package var description: String {
    "cannot \(self.attempted)\(self.path.isEmpty ? "" : " \(self.path)"): \(self.detail)"
  }
}
