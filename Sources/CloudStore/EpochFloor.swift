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

  fileprivate struct State: ~Copyable {
    var file: AppendedFile
    /// The file was replaced, and `file` may be the former one.
    var isReplaced = false
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
      try state.reopenIfReplaced()
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

  /// As `append`, of epochs that may have been raised by more than one.
  ///
  /// - Parameters:
  ///   - marks: All of the database.
  ///   - former: All of it as they were.
  func raise(to marks: [Mark], from former: [Mark]) throws(StoreError) {
    let known = Dictionary(former.map { ($0.scope, $0) }, uniquingKeysWith: { $1 })
    let raised = marks.filter { known[$0.scope] != $0 }
    if raised.isEmpty { return }
    try self.state.withLock { state throws(StoreError) in
      try state.reopenIfReplaced()
      let total = max(state.total, Self.total(of: marks))
      try state.file.append(raised.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
      state.total = total
    }
  }

  /// Forgets what there was: from now on these are the highest. Returns once that is on the disk.
  ///
  /// - Parameter marks: All of the database.
  /// - Throws: `StoreError`; then the file is the former one or the new one, and whole.
  func replace(with marks: [Mark]) throws(StoreError) {
    try self.state.withLock { state throws(StoreError) in
      let total = Self.total(of: marks)
      state.isReplaced = true
      try AppendedFile.replace(
        state.file.path, with: marks.flatMap { EpochFloorLine(mark: $0, total: total).bytes })
      state.total = total
      try state.reopenIfReplaced()
    }
  }

  private static func total(of marks: [Mark]) -> UInt64 { marks.reduce(0) { $0 + $1.epoch } }
}

extension EpochFloor.State {
  fileprivate mutating func reopenIfReplaced() throws(StoreError) {
    guard self.isReplaced else { return }
    self.file = try AppendedFile(appendingTo: self.file.path)
    self.isReplaced = false
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
