import DeviceProtocol

/// The measurements that the cloud has not acknowledged; each is in flash too, under its own key.
struct Scale {
  static let batchCount = 16
  /// Weighings that wait for a sequence number.
  static let unnumberedLimit = 16

  struct Pending {
    let key: RecordKey
    let measurement: Measurement
  }

  /// By ascending sequence.
  private(set) var queue: [Pending] = []
  private var unnumbered: [(weighing: Weighing, at: UnixMilliseconds)] = []
  var numbers: SequenceNumbers

  /// - Parameter records: Of flash, of any key; those that are not measurements are skipped.
  init(records: [StoredRecord], sequenceEnd: UInt32) {
    var end = sequenceEnd
    for record in records where record.key.isMeasurement {
      guard let measurement = Measurement(record: record.value) else { continue }
      self.queue.append(Pending(key: record.key, measurement: measurement))
      if measurement.sequence < .max { end = max(end, measurement.sequence + 1) }
    }
    self.queue.sort { $0.measurement.sequence < $1.measurement.sequence }
    self.numbers = SequenceNumbers(startingAt: end)
  }

  var needsNumbers: Bool { !self.unnumbered.isEmpty }
  var pendingCount: UInt32 { UInt32(clamping: self.queue.count + self.unnumbered.count) }

  /// - Returns: The records to store.
  mutating func steppedOn(_ weighing: Weighing, at time: UnixMilliseconds) -> [StoredRecord] {
    guard let weighing = weighing.measurable else { return [] }
    if self.unnumbered.count == Self.unnumberedLimit { self.unnumbered.removeFirst() }
    self.unnumbered.append((weighing, time))
    return self.assignNumbers()
  }

  /// Puts what waits for a number in the queue, as far as there are numbers. When all keys are
  /// taken, the oldest measurement is given up for the newest.
  ///
  /// - Returns: The records to store.
  mutating func assignNumbers() -> [StoredRecord] {
    var records: [StoredRecord] = []
    while let (weighing, time) = self.unnumbered.first, let sequence = self.numbers.take() {
      self.unnumbered.removeFirst()
      let key = self.freeKey ?? self.queue.removeFirst().key
      let measurement = Measurement(
        sequence: sequence, at: time, weightGrams: weighing.grams,
        impedanceOhms: weighing.impedanceOhms, composition: BodyComposition.estimate(weighing))
      self.queue.append(Pending(key: key, measurement: measurement))
      records.append(StoredRecord(key: key, value: measurement.record))
    }
    return records
  }

  /// - Returns: The keys to remove.
  mutating func acknowledged(_ sequences: [UInt32]) -> [RecordKey] {
    let done = self.queue.filter { sequences.contains($0.measurement.sequence) }
    self.queue.removeAll { sequences.contains($0.measurement.sequence) }
    return done.map { $0.key }
  }

  mutating func removeAll() {
    self.queue = []
    self.unnumbered = []
  }

  private var freeKey: RecordKey? {
    for rawValue in RecordKey.firstMeasurement.rawValue...RecordKey.lastMeasurement.rawValue
    where !self.queue.contains(where: { $0.key.rawValue == rawValue }) {
      return RecordKey(rawValue: rawValue)
    }
    return nil
  }
}

extension RecordKey {
  var isMeasurement: Bool {
    (Self.firstMeasurement.rawValue...Self.lastMeasurement.rawValue).contains(self.rawValue)
  }
}
