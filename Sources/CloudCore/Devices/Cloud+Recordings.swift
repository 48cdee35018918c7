package import DeviceProtocol

extension Cloud {
  private static let longestBatch = 100

  /// Notes what a device reports about itself and that it was seen.
  package func heartbeat(
    _ report: HeartbeatReport, from caller: Authenticated,
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> HeartbeatOutcome {
    guard let id = caller.device else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction),
      !isPlanted(.heartbeatUnchecked)
    {
      return .refused(refusal)
    }
    if let problem = report.problem { return .invalid(problem) }
    guard var device = try transaction.device(id) else { return .refused(.sessionEnded) }
    device.uptimeMilliseconds = report.uptimeMilliseconds
    device.ssid = report.ssid
    device.signalDBm = report.signalDBm
    device.firmwareVersion = report.firmwareVersion
    device.lastSeen = now
    try transaction.save(device)
    return .stored
  }

  /// Keeps a camera's motions: at most 100, each sequence of a binding once.
  package func record(
    motions: [SubmittedMotion], from caller: Authenticated, in transaction: any StoreTransaction
  ) throws -> RecordOutcome {
    try self.record(
      motions, from: caller, of: .camera, in: transaction,
      insert: { motion, device in
        try transaction.insert(
          MotionRecord(
            device: device.id, binding: device.binding, sequence: motion.sequence, at: motion.at))
      })
  }

  /// Keeps a scale's measurements: at most 100, each sequence of a binding once.
  package func record(
    measurements: [SubmittedMeasurement], from caller: Authenticated,
    in transaction: any StoreTransaction
  ) throws -> RecordOutcome {
    try self.record(
      measurements, from: caller, of: .scale, in: transaction,
      insert: { measurement, device in
        let record = MeasurementRecord(
          device: device.id, binding: device.binding, sequence: measurement.sequence,
          at: measurement.at, weightGrams: measurement.weightGrams,
          impedanceOhms: measurement.impedanceOhms, fatPermille: measurement.fatPermille,
          waterPermille: measurement.waterPermille, muscleGrams: measurement.muscleGrams,
          boneGrams: measurement.boneGrams)
        if try transaction.isPlantedToBeKnown(record) { return false }
        return try transaction.insert(record) || transaction.insertPlantedRepeat(of: record)
      })
  }

  /// - Parameter insert: Returns false if its sequence is known.
  private func record<Recording: Submission>(
    _ batch: [Recording], from caller: Authenticated, of kind: ClientKind,
    in transaction: any StoreTransaction, insert: (Recording, DeviceRecord) throws -> Bool
  ) throws -> RecordOutcome {
    guard caller.kind == kind, let id = caller.device else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction),
      !isPlanted(.recordingUnchecked)
    {
      return .refused(refusal)
    }
    guard batch.count <= Self.longestBatch else {
      return .invalid("a batch holds at most \(Self.longestBatch), not \(batch.count)")
    }
    for (index, recording) in batch.enumerated() {
      if let problem = recording.problem { return .invalid("[\(index)]: \(problem)") }
    }
    guard let device = try transaction.device(id) else { return .refused(.sessionEnded) }
    let lostCount = isPlanted(.lastOfBatchLost) && batch.count > 1 ? 1 : 0
    let newCount = try batch.dropLast(lostCount).filter { try insert($0, device) }.count
    return .acknowledged(batch.map(\.sequence), newCount: newCount)
  }
}
