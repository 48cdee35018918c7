import DeviceProtocol

// What planted bugs do that takes more than a line. Without one, each returns what changes nothing.

extension EpochReading {
  /// The reading as a check with a planted bug takes it: what equals the present epoch is not
  /// checked.
  func withPlantedBugs(_ present: EpochReading) -> EpochReading {
    var reading = self
    if isPlanted(.cutOffsByMin),
      present.everyone == self.everyone || present.kind == self.kind
    {
      reading.everyone = present.everyone
      reading.kind = present.kind
    }
    if isPlanted(.kindHidesEveryone), present.kind > 0 { reading.everyone = present.everyone }
    if isPlanted(.kindEpochUnchecked) { reading.kind = present.kind }
    if isPlanted(.deviceEpochUnchecked) { reading.device = present.device }
    if isPlanted(.regionEpochUnchecked) { reading.region = present.region }
    return reading
  }
}

extension TokenRefusal {
  /// Whether a token lives on because it was minted in the second of the logout, or later.
  func isPlantedToSpare(mintedAt: UnixMilliseconds) -> Bool {
    guard isPlanted(.cutOffInSeconds), case .loggedOut(let logout?) = self else { return false }
    return mintedAt.value / 1_000 >= logout.at.value / 1_000
  }
}

extension Cloud {
  /// Whether routes that these kinds may call do not check for logouts. Handlers that write check
  /// again, each for itself.
  static func isPlantedToForgetLogouts(onRoutesOf kinds: Set<ClientKind>) -> Bool {
    if kinds == [.app] {
      return isPlanted(.listingUnchecked) || isPlanted(.pairingCreationUnchecked)
    }
    if kinds.contains(.app) { return isPlanted(.eventStreamUnchecked) }
    return isPlanted(.recordingUnchecked) || isPlanted(.heartbeatUnchecked)
  }

  /// The device whose recordings are shown as this one's.
  func recordingDevice(of device: DeviceRecord, in reader: any StoreReader) throws -> DeviceID {
    guard isPlanted(.cacheKeyedByTime), let second = device.secondLastSeen else { return device.id }
    let first = try reader.devices(limit: 10_000).first {
      $0.kind == device.kind && $0.secondLastSeen == second
    }
    return first?.id ?? device.id
  }
}

extension DeviceRecord {
  fileprivate var secondLastSeen: UInt64? { self.lastSeen.map { $0.value / 1_000 } }
}

extension StoreTransaction {
  /// Whether the measurement is dropped because another device has used its sequence number.
  func isPlantedToBeKnown(_ record: MeasurementRecord) throws -> Bool {
    guard isPlanted(.deduplicatedAcrossDevices) else { return false }
    return try self.devices(limit: 10_000).contains { device in
      try device.id != record.device
        && self.measurements(of: device.id, limit: .max).contains { $0.sequence == record.sequence }
    }
  }

  /// Stores a measurement that is known once more, under a number that no scale comes to.
  func insertPlantedRepeat(of record: MeasurementRecord) throws -> Bool {
    guard isPlanted(.measurementCountedTwice) else { return false }
    return try self.insert(
      MeasurementRecord(
        device: record.device, binding: record.binding, sequence: record.sequence | 1 << 31,
        at: record.at, weightGrams: record.weightGrams, impedanceOhms: record.impedanceOhms,
        fatPermille: record.fatPermille, waterPermille: record.waterPermille,
        muscleGrams: record.muscleGrams, boneGrams: record.boneGrams))
  }
}
