import CloudCore
import DeviceProtocol

/// One line: scope, target, epoch, time of a cut-off, sum of all counters and a CRC-32 of what
/// precedes it, in ASCII, separated by spaces; `-` stands for what there is none of. The scope `access`
/// is of marks of access tokens, with a target as in `kind:camera`; `used` is of what was undone.
struct EpochFloorLine: Equatable {
  let mark: EpochFloor.Mark
  let total: UInt64

  init(mark: EpochFloor.Mark, total: UInt64) {
    self.mark = mark
    self.total = total
  }

  /// With its line break.
  var bytes: [UInt8] {
    let (word, target) = self.mark.counter.fields
    let before = self.mark.before.map { "\($0.value)" } ?? "-"
    let text =
      "\(word) \(target.isEmpty ? "-" : target) \(self.mark.value) \(before) \(self.total) "
    let bytes = Array(text.utf8)
    return bytes + Self.checksum(of: bytes[...]) + [UInt8(ascii: "\n")]
  }

  /// - Parameter line: Without its line break; nil if it is damaged.
  init?(_ line: ArraySlice<UInt8>) {
    guard line.count > 8, Self.checksum(of: line.dropLast(8)) == Array(line.suffix(8)),
      let text = String(validating: line.dropLast(8), as: UTF8.self)
    else { return nil }
    let fields = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    guard fields.count == 5,
      let counter = EpochFloor.Counter(fields[0], fields[1] == "-" ? "" : fields[1]),
      let value = UInt64(fields[2]), let total = UInt64(fields[4])
    else { return nil }
    var before: UnixMilliseconds?
    if fields[3] != "-" {
      guard let value = UInt64(fields[3]) else { return nil }
      before = UnixMilliseconds(value)
    }
    self.init(mark: EpochFloor.Mark(counter, value, before: before), total: total)
  }

  /// Whether more than one line may have become this damaged one: the breaks between them too.
  static func mayBeSeveral(_ line: ArraySlice<UInt8>) -> Bool {
    let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    return fields.count != 6 || !line.allSatisfy { (0x20...0x7E).contains($0) }
  }

  private static func checksum(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    let digits = Array(String(CRC32.of(bytes), radix: 16).utf8)
    return [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.count) + digits
  }
}

extension EpochFloor.Counter {
  private static let (accessWord, usedWord) = ("access", "used")

  /// Word and target. No client's id has a space.
  fileprivate var fields: (String, String) {
    switch self {
    case .epoch(let scope): (scope.word.rawValue, scope.target)
    case .accessMark(let scope): (Self.accessWord, scope.text)
    case .used: (Self.usedWord, "")
    }
  }

  fileprivate init?(_ word: String, _ target: String) {
    if word == Self.accessWord {
      guard let scope = AccessScope(target) else { return nil }
      self = .accessMark(scope)
    } else if word == Self.usedWord, target.isEmpty {
      self = .used
    } else {
      guard let word = RevocationScope.Word(rawValue: word),
        let scope = RevocationScope(word, target: target)
      else { return nil }
      self = .epoch(scope)
    }
  }
}

extension EpochFloor.Mark: Comparable {
  /// An order that is the same in each run.
  static func < (left: Self, right: Self) -> Bool {
    let (first, second) = (left.counter.fields, right.counter.fields)
    return (first.0, first.1, left.value) < (second.0, second.1, right.value)
  }
}

/// What the file says.
struct EpochFloorContents: Equatable {
  /// The highest of each.
  private(set) var values: [EpochFloor.Counter: UInt64] = [:]
  private(set) var cutOffs = CutOffs()
  var lineCount = 0
  /// The sum of all counters as of the last line that can be read.
  var total: UInt64 = 0
  var damagedLineCount = 0
  /// How many lines have followed that one, of which none can be read; more than one may be 2. The
  /// sum covers those before.
  var lostAtEndCount: UInt64 = 0
  /// The last line breaks off: the machine stopped before its logout was acknowledged.
  var isTorn = false

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      self.lineCount += 1
      if let line = EpochFloorLine(rest[..<end]) {
        self.take(line)
        self.lostAtEndCount = 0
      } else {
        self.damagedLineCount += 1
        self.lostAtEndCount += EpochFloorLine.mayBeSeveral(rest[..<end]) ? 2 : 1
      }
      rest = rest[(end + 1)...]
    }
    self.isTorn = !rest.isEmpty
  }

  private mutating func take(_ line: EpochFloorLine) {
    let mark = line.mark
    self.total = max(self.total, line.total)
    self.values[mark.counter] = max(self.values[mark.counter] ?? 0, mark.value)
    if let before = mark.before {
      self.cutOffs.add(CutOff(epoch: mark.value, before: before))
    }
  }

  /// As `SQLiteTransaction.floorMarks`.
  var marks: [EpochFloor.Mark] {
    self.values.map { EpochFloor.Mark($0.key, $0.value) }.withCutOffs(self.cutOffs)
  }
}

extension [EpochFloor.Mark] {
  /// In their order, with the times of cut-offs.
  func withCutOffs(_ cutOffs: CutOffs) -> [EpochFloor.Mark] {
    let counter = EpochFloor.Counter.epoch(.issuedBefore)
    let steps = cutOffs.steps.map { EpochFloor.Mark(counter, $0.epoch, before: $0.before) }
    let others = self.filter { mark in
      mark.counter != counter || !steps.contains { $0.value == mark.value }
    }
    return (others + steps).sorted()
  }
}
