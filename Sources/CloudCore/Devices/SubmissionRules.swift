import DeviceProtocol

/// Something that a device hands in for good.
protocol Submission {
  var sequence: UInt32 { get }
  /// What is wrong with it, or nil.
  var problem: String? { get }
}

/// What a device may report. A value outside these limits is a fault of the device, and is refused
/// rather than kept.
extension HeartbeatReport {
  /// What is wrong with it, or nil.
  var problem: String? {
    if !(-127...0).contains(self.signalDBm) { return "signal_dbm must be -127 to 0" }
    if !PrintableText.isValid(self.firmwareVersion) {
      return "firmware_version must be 1 to 64 printable ASCII characters"
    }
    // The largest number that every JSON parser keeps exactly (RFC 8259 §6).
    if self.uptimeMilliseconds > 1 << 53 { return "uptime_ms must be at most 2^53" }
    return nil
  }
}

extension SubmittedMotion: Submission {
  var problem: String? { self.at.problem }
}

extension SubmittedMeasurement: Submission {
  var problem: String? {
    if !(1...500_000).contains(self.weightGrams) { return "weight_grams must be 1 to 500000" }
    if let ohms = self.impedanceOhms, !(1...5_000).contains(ohms) {
      return "impedance_ohms must be 1 to 5000"
    }
    if let fat = self.fatPermille, fat > 1_000 { return "fat_permille must be at most 1000" }
    if let water = self.waterPermille, water > 1_000 {
      return "water_permille must be at most 1000"
    }
    if let muscle = self.muscleGrams, muscle > self.weightGrams {
      return "muscle_grams must be at most weight_grams"
    }
    if let bone = self.boneGrams, bone > self.weightGrams {
      return "bone_grams must be at most weight_grams"
    }
    return self.at.problem
  }
}

extension UnixMilliseconds {
  /// The first millisecond of the year 10000 (RFC 3339 ends there).
  private static let end = UnixMilliseconds(253_402_300_800_000)

  fileprivate var problem: String? {
    self < Self.end ? nil : "at must be before the year 10000"
  }
}
