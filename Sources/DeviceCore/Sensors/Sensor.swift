import DeviceProtocol

/// What the device is there for: it finds things out and delivers each to the cloud once.
enum Sensor {
  case camera(Camera)
  case scale(Scale)

  /// What goes into one request.
  struct Batch {
    let name: RequestName
    let endpoint: Endpoint
    let sequences: [UInt32]
    let body: [UInt8]
  }

  init(_ kind: DeviceKind, records: [StoredRecord], sequenceEnd: UInt32) {
    switch kind {
    case .camera: self = .camera(Camera(numbers: SequenceNumbers(startingAt: sequenceEnd)))
    case .scale: self = .scale(Scale(records: records, sequenceEnd: sequenceEnd))
    }
  }

  /// Sequence numbers below this one may have been used.
  var sequenceEnd: UInt32 {
    switch self {
    case .camera(let camera): camera.numbers.end
    case .scale(let scale): scale.numbers.end
    }
  }

  /// The end of the block of sequence numbers to reserve; nil while none is needed.
  var endToReserve: UInt32? {
    switch self {
    case .camera(let camera): camera.needsNumbers ? camera.numbers.endToReserve : nil
    case .scale(let scale): scale.needsNumbers ? scale.numbers.endToReserve : nil
    }
  }

  /// The sequence numbers below `end` are reserved in flash.
  ///
  /// - Returns: The records to store.
  mutating func numbersReserved(to end: UInt32) -> [StoredRecord] {
    switch self {
    case .camera(var camera):
      camera.numbers.reserved(to: end)
      camera.assignNumbers()
      self = .camera(camera)
      return []
    case .scale(var scale):
      scale.numbers.reserved(to: end)
      let records = scale.assignNumbers()
      self = .scale(scale)
      return records
    }
  }

  /// The oldest that wait; nil when none do.
  func nextBatch(isSingle: Bool) -> Batch? {
    switch self {
    case .camera(let camera):
      let motions = [Motion](camera.queue.prefix(isSingle ? 1 : Camera.batchCount))
      guard !motions.isEmpty else { return nil }
      return Batch(
        name: .motions, endpoint: .motions, sequences: motions.map { $0.sequence },
        body: Motion.body(of: motions))
    case .scale(let scale):
      let measurements = scale.queue.prefix(isSingle ? 1 : Scale.batchCount).map {
        $0.measurement
      }
      guard !measurements.isEmpty else { return nil }
      return Batch(
        name: .measurements, endpoint: .measurements,
        sequences: measurements.map { $0.sequence }, body: Measurement.body(of: measurements))
    }
  }

  var hasBatch: Bool {
    switch self {
    case .camera(let camera): !camera.queue.isEmpty
    case .scale(let scale): !scale.queue.isEmpty
    }
  }

  /// - Returns: The keys of the records to remove.
  mutating func acknowledged(_ sequences: [UInt32]) -> [RecordKey] {
    switch self {
    case .camera(var camera):
      camera.acknowledged(sequences)
      self = .camera(camera)
      return []
    case .scale(var scale):
      let keys = scale.acknowledged(sequences)
      self = .scale(scale)
      return keys
    }
  }

  /// Forgets what waits; the sequence numbers go on.
  mutating func removeAll() {
    switch self {
    case .camera(var camera):
      camera.removeAll()
      self = .camera(camera)
    case .scale(var scale):
      scale.removeAll()
      self = .scale(scale)
    }
  }
}
