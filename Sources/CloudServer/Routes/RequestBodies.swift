import CloudCore
import DeviceProtocol

/// Of `POST /v1/pairing-tokens`.
struct PairingTokenBody: StrictBody {
  let relinkPolicy: RelinkPolicy?
  let nickname: String?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case relinkPolicy = "relink_policy"
    case nickname
  }
}

/// Of `POST /v1/device/heartbeat`.
struct HeartbeatBody: StrictBody {
  let uptimeMilliseconds: WholeNumber<UInt64>
  /// In hexadecimal.
  let ssid: String
  let signalDBm: WholeNumber<Int>
  let firmwareVersion: String

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case uptimeMilliseconds = "uptime_ms"
    case ssid
    case signalDBm = "signal_dbm"
    case firmwareVersion = "firmware_version"
  }

  /// - Throws: `HTTPFailure.invalidRequest` for what is not the hexadecimal of an SSID.
  func report() throws(HTTPFailure) -> HeartbeatReport {
    guard let octets = Hexadecimal.decode(Array(self.ssid.utf8)), let ssid = SSID(octets) else {
      throw .invalidRequest("member 'ssid' is not the hexadecimal of 1 to 32 octets")
    }
    return HeartbeatReport(
      uptimeMilliseconds: self.uptimeMilliseconds.value, ssid: ssid,
      signalDBm: self.signalDBm.value,
      firmwareVersion: self.firmwareVersion)
  }
}

/// Of `POST /v1/device/motions`.
struct MotionsBody: StrictBody {
  let motions: [Strict<MotionBody>]

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case motions }

  var submitted: [SubmittedMotion] {
    self.motions.map {
      SubmittedMotion(
        sequence: $0.body.sequence.value, at: UnixMilliseconds($0.body.at.value))
    }
  }
}

/// A motion, both ways.
struct MotionBody: StrictBody, Encodable {
  let sequence: WholeNumber<UInt32>
  let at: WholeNumber<UInt64>

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case sequence, at }

  init(_ record: MotionRecord) {
    self.sequence = WholeNumber(record.sequence)
    self.at = WholeNumber(record.at.value)
  }
}

/// Of `POST /v1/device/measurements`.
struct MeasurementsBody: StrictBody {
  let measurements: [Strict<MeasurementBody>]

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case measurements }

  var submitted: [SubmittedMeasurement] { self.measurements.map(\.body.submitted) }
}

/// A measurement, both ways.
struct MeasurementBody: StrictBody, Encodable {
  let sequence: WholeNumber<UInt32>
  let at: WholeNumber<UInt64>
  let weightGrams: WholeNumber<UInt32>
  let impedanceOhms: WholeNumber<UInt16>?
  let fatPermille: WholeNumber<UInt16>?
  let waterPermille: WholeNumber<UInt16>?
  let muscleGrams: WholeNumber<UInt32>?
  let boneGrams: WholeNumber<UInt32>?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable {
    case sequence, at
    case weightGrams = "weight_grams"
    case impedanceOhms = "impedance_ohms"
    case fatPermille = "fat_permille"
    case waterPermille = "water_permille"
    case muscleGrams = "muscle_grams"
    case boneGrams = "bone_grams"
  }

  init(_ record: MeasurementRecord) {
    self.sequence = WholeNumber(record.sequence)
    self.at = WholeNumber(record.at.value)
    self.weightGrams = WholeNumber(record.weightGrams)
    self.impedanceOhms = record.impedanceOhms.map(WholeNumber.init)
    self.fatPermille = record.fatPermille.map(WholeNumber.init)
    self.waterPermille = record.waterPermille.map(WholeNumber.init)
    self.muscleGrams = record.muscleGrams.map(WholeNumber.init)
    self.boneGrams = record.boneGrams.map(WholeNumber.init)
  }

  var submitted: SubmittedMeasurement {
    SubmittedMeasurement(
      sequence: self.sequence.value, at: UnixMilliseconds(self.at.value),
      weightGrams: self.weightGrams.value, impedanceOhms: self.impedanceOhms?.value,
      fatPermille: self.fatPermille?.value, waterPermille: self.waterPermille?.value,
      muscleGrams: self.muscleGrams?.value, boneGrams: self.boneGrams?.value)
  }
}
