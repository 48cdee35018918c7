/// Passwords that are known to others, such as those of a breach: 48 bits of a hash of each, in 4
/// bytes a password and 256 KiB for all. Of ten million, one good password in 28 million is refused
/// by chance; none that is in the list is missed.
///
/// ASCII letters are compared in lower case.
package struct PasswordList: Sendable {
  /// Where the passwords begin whose hash begins with these 16 bits; one more at the end.
  private let starts: [UInt32]
  /// The next 32 bits of each, sorted within their beginning.
  private let fingerprints: [UInt32]

  package static let empty = PasswordList(starts: [], fingerprints: [])

  package var count: Int { self.fingerprints.count }

  private init(starts: [UInt32], fingerprints: [UInt32]) {
    self.starts = starts
    self.fingerprints = fingerprints
  }

  package func contains(_ text: some Sequence<UInt8>) -> Bool {
    guard !self.fingerprints.isEmpty else { return false }
    let (bucket, fingerprint) = Self.place(of: text)
    var (low, high) = (Int(self.starts[bucket]), Int(self.starts[bucket + 1]))
    while low < high {
      let middle = (low + high) / 2
      if self.fingerprints[middle] < fingerprint { low = middle + 1 } else { high = middle }
    }
    return low < Int(self.starts[bucket + 1]) && self.fingerprints[low] == fingerprint
  }

  /// FNV-1a, its bits mixed: nobody gains by two passwords of one hash.
  private static func place(
    of text: some Sequence<UInt8>
  ) -> (bucket: Int, fingerprint: UInt32) {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text {
      let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      hash = (hash ^ UInt64(isUpper ? byte | 0x20 : byte)) &* 0x100_0000_01B3
    }
    hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
    hash ^= hash >> 33
    return (Int(hash >> 48), UInt32(truncatingIfNeeded: hash >> 16))
  }

  /// Makes a list in two passes over the same passwords, so that no more memory is taken than it
  /// needs in the end.
  package struct Builder {
    private var starts: [UInt32]
    private var nextFree: [UInt32] = []
    private var fingerprints: [UInt32] = []

    package init() { self.starts = [UInt32](repeating: 0, count: 1 << 16 + 1) }

    /// The first pass.
    package mutating func count(_ text: some Sequence<UInt8>) {
      self.starts[PasswordList.place(of: text).bucket + 1] += 1
    }

    /// Between the two.
    package mutating func endCounting() {
      for index in 1..<self.starts.count { self.starts[index] += self.starts[index - 1] }
      self.nextFree = self.starts
      self.fingerprints = [UInt32](repeating: 0, count: Int(self.starts[self.starts.count - 1]))
    }

    /// The second pass.
    ///
    /// - Returns: False for one more than were counted.
    package mutating func add(_ text: some Sequence<UInt8>) -> Bool {
      let (bucket, fingerprint) = PasswordList.place(of: text)
      let place = self.nextFree[bucket]
      guard place < self.starts[bucket + 1] else { return false }
      self.fingerprints[Int(place)] = fingerprint
      self.nextFree[bucket] += 1
      return true
    }

    /// - Returns: Nil unless as many were added as were counted.
    package consuming func list() -> PasswordList? {
      for bucket in 0..<1 << 16 {
        guard self.nextFree[bucket] == self.starts[bucket + 1] else { return nil }
        self.fingerprints[Int(self.starts[bucket])..<Int(self.starts[bucket + 1])].sort()
      }
      return PasswordList(starts: self.starts, fingerprints: self.fingerprints)
    }
  }
}
