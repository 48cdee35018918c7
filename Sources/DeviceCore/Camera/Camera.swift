import DeviceProtocol

/// The motions that a camera saw and the cloud has not acknowledged; in memory only.
struct Camera {
  /// When more wait, the oldest is given up.
  static let queueLimit = 64
  static let batchCount = 32

  private(set) var queue: [Motion] = []
  /// Seen while no sequence number was left.
  private var unnumbered: [UnixMilliseconds] = []
  var numbers: SequenceNumbers

  init(numbers: SequenceNumbers) { self.numbers = numbers }

  var needsNumbers: Bool { !self.unnumbered.isEmpty }

  mutating func motionSeen(at time: UnixMilliseconds) {
    if self.unnumbered.count == Self.queueLimit { self.unnumbered.removeFirst() }
    self.unnumbered.append(time)
    self.assignNumbers()
  }

  /// Puts what waits for a number in the queue, as far as there are numbers.
  mutating func assignNumbers() {
    while let time = self.unnumbered.first, let sequence = self.numbers.take() {
      self.unnumbered.removeFirst()
      if self.queue.count == Self.queueLimit { self.queue.removeFirst() }
      self.queue.append(Motion(sequence: sequence, at: time))
    }
  }

  mutating func acknowledged(_ sequences: [UInt32]) {
    self.queue.removeAll { sequences.contains($0.sequence) }
  }

  mutating func removeAll() {
    self.queue = []
    self.unnumbered = []
  }
}
