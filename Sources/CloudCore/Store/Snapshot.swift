package import DeviceProtocol

/// What a saved state is called: 1–64 letters, digits, `.`, `_` and `-`, beginning with a letter or
/// digit. It is the name of a file, too.
package struct SnapshotName: Hashable, Sendable {
  package let text: String

  package init?(_ text: String) {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    guard (1...64).contains(text.utf8.count), text.utf8.first.map(isLetterOrDigit) == true,
      text.utf8.allSatisfy({ isLetterOrDigit($0) || "._-".utf8.contains($0) })
    else { return nil }
    self.text = text
  }
}

package struct SnapshotInfo: Equatable, Sendable {
  package let name: SnapshotName
  /// By the cloud's clock: where that goes on when the state is restored.
  package let savedAt: UnixMilliseconds
  /// By the machine's.
  package let machineAt: UnixMilliseconds
  /// Of the file; of a state in memory, about.
  package let byteCount: UInt64

  package init(
    name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds, byteCount: UInt64
  ) {
    self.name = name
    self.savedAt = savedAt
    self.machineAt = machineAt
    self.byteCount = byteCount
  }
}

/// All that is saved, by name.
package struct SnapshotList: Equatable, Sendable {
  /// One that can't be read.
  package struct Damaged: Equatable, Sendable {
    package let name: SnapshotName
    package let detail: String

    package init(name: SnapshotName, detail: String) {
      self.name = name
      self.detail = detail
    }
  }

  package let snapshots: [SnapshotInfo]
  package let damaged: [Damaged]

  package init(snapshots: [SnapshotInfo], damaged: [Damaged] = []) {
    self.snapshots = snapshots.sorted { $0.name.text < $1.name.text }
    self.damaged = damaged.sorted { $0.name.text < $1.name.text }
  }
}

/// What becomes of the epochs, of the marks of access tokens and of the records of logouts when an older
/// state is restored.
package enum RestoredEpochs: String, Sendable, CaseIterable, Codable {
  /// None gets lower: whoever was logged out since stays logged out.
  case kept
  /// As they were saved: who was logged out since is logged in again.
  case asSaved = "as_saved"
}
