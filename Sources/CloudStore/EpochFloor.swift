import CloudCore
import DeviceProtocol
import Synchronization

/// The highest epochs that there ever were, in a file of its own beside the database: whoever puts an
/// older copy of the database back gets no epoch back that is lower, so that no token lives again
/// that a logout had killed.
///
/// A line is on the disk before the transaction that raises an epoch is committed. A commit that
/// fails after that leaves the file above the database; the next start raises the database to it,
/// which logs out whoever was to be.
final class EpochFloor: Sendable {
  /// What an epoch has reached.
  struct Mark: Equatable, Sendable {
    let scope: RevocationScope
    var epoch: UInt64
    /// Of the scope `issuedBefore` alone.
    var before: UnixMilliseconds?
  }

  private struct State: ~Copyable {
    var file: AppendedFile
    /// The sum of all epochs: how many logouts there were.
    var total: UInt64
  }

  private let state: Mutex<State>

  init(file: consuming AppendedFile, total: UInt64) {
    self.state = Mutex(State(file: file, total: total))
  }

  /// Returns once these are on the disk.
  ///
  /// - Throws: `StoreError`; then the file is as it was.
  func append(_ marks: [Mark]) throws(StoreError) {
    try self.state.withLock { state throws(StoreError) in
      var bytes: [UInt8] = []
      var total = state.total
      for mark in marks {
        total += 1
        bytes += EpochFloorLine(mark: mark, total: total).bytes
      }
      try state.file.append(bytes)
      state.total = total
    }
  }
}

/// One line: scope, target, epoch, time of a cut-off, sum of all epochs and a CRC-32 of what
/// precedes it, in ASCII, separated by spaces; `-` stands for what there is none of.
struct EpochFloorLine: Equatable {
  let mark: EpochFloor.Mark
  let total: UInt64

  init(mark: EpochFloor.Mark, total: UInt64) {
    self.mark = mark
    self.total = total
  }

  /// With its line break.
  var bytes: [UInt8] {
    let target = self.mark.scope.target
    let before = self.mark.before.map { "\($0.value)" } ?? "-"
    let text =
      "\(self.mark.scope.word.rawValue) \(target.isEmpty ? "-" : target) \(self.mark.epoch) "
      + "\(before) \(self.total) "
    let bytes = Array(text.utf8)
    return bytes + Self.checksum(of: bytes[...]) + [UInt8(ascii: "\n")]
  }

  /// - Parameter line: Without its line break; nil if it is damaged.
  init?(_ line: ArraySlice<UInt8>) {
    guard line.count > 8, Self.checksum(of: line.dropLast(8)) == Array(line.suffix(8)),
      let text = String(validating: line.dropLast(8), as: UTF8.self)
    else { return nil }
    let fields = text.split(separator: " ", omittingEmptySubsequences: true)
    guard fields.count == 5, let word = RevocationScope.Word(rawValue: String(fields[0])),
      let scope = RevocationScope(word, target: fields[1] == "-" ? "" : String(fields[1])),
      let epoch = UInt64(fields[2]), let total = UInt64(fields[4])
    else { return nil }
    var before: UnixMilliseconds?
    if fields[3] != "-" {
      guard let value = UInt64(fields[3]) else { return nil }
      before = UnixMilliseconds(value)
    }
    self.init(mark: EpochFloor.Mark(scope: scope, epoch: epoch, before: before), total: total)
  }

  private static func checksum(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    let digits = Array(String(CRC32.of(bytes), radix: 16).utf8)
    return [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.count) + digits
  }
}

/// What the file says.
struct EpochFloorContents: Equatable {
  /// The highest of each scope.
  var marks: [RevocationScope: EpochFloor.Mark] = [:]
  var lineCount = 0
  /// The sum of all epochs as of the last line that can be read.
  var total: UInt64 = 0
  var damagedLineCount = 0
  /// How many logouts may have followed that one: damaged lines after it. The sum covers those before.
  var unknownCount: UInt64 = 0
  /// The last line breaks off: the machine stopped before its logout was acknowledged.
  var isTorn = false

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      self.lineCount += 1
      if let line = EpochFloorLine(rest[..<end]) {
        self.take(line)
        self.unknownCount = 0
      } else {
        self.damagedLineCount += 1
        self.unknownCount += 1
      }
      rest = rest[(end + 1)...]
    }
    self.isTorn = !rest.isEmpty
  }

  private mutating func take(_ line: EpochFloorLine) {
    self.total = max(self.total, line.total)
    guard var known = self.marks[line.mark.scope] else {
      self.marks[line.mark.scope] = line.mark
      return
    }
    known.epoch = max(known.epoch, line.mark.epoch)
    if let before = line.mark.before {
      known.before = max(known.before ?? UnixMilliseconds(0), before)
    }
    self.marks[line.mark.scope] = known
  }
}
