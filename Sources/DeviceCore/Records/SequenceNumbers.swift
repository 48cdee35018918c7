/// Numbers that one device uses once only, also across power cuts: a block of them is reserved in
/// flash before the first is used, and what is left of it at a power cut is skipped.
struct SequenceNumbers {
  /// How many are reserved at a time: one flash write for so many uses.
  static let blockCount: UInt32 = 64

  private var next: UInt32
  /// The numbers below this one are reserved in flash.
  private(set) var end: UInt32

  /// - Parameter end: Up to where numbers may have been used before this boot.
  init(startingAt end: UInt32) {
    self.next = end
    self.end = end
  }

  /// Nil when all that are reserved are used.
  mutating func take() -> UInt32? {
    guard self.next < self.end else { return nil }
    defer { self.next += 1 }
    return self.next
  }

  /// The end of the block to reserve next; nil while there are reserved ones, and for ever after
  /// the last of all numbers.
  var endToReserve: UInt32? {
    guard self.next == self.end, self.end < .max else { return nil }
    let (sum, overflow) = self.end.addingReportingOverflow(Self.blockCount)
    return overflow ? .max : sum
  }

  /// The numbers below `end` are reserved in flash from now on.
  mutating func reserved(to end: UInt32) { self.end = max(self.end, end) }
}
