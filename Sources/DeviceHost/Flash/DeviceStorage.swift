package import DeviceCore

/// The records of one device's flash, with the reasons for failures in words.
package struct DeviceStorage {
  private let flash: FileFlash
  private var partition: KeyValuePartition<FileFlash>
  /// Of the power cut that the next write of credentials meets; nil when none is armed.
  private var armedByteCount: UInt32?

  package enum StoreResult: Equatable {
    case stored
    case failed(HostError)
    /// Power failed during the write, or right after it.
    case powerCut
  }

  /// Reads the records; formats a blank chip.
  ///
  /// - Throws: `HostError` with the file's path when it holds no partition and is not blank, or
  ///   cannot be read.
  package init(mounting flash: FileFlash) throws(HostError) {
    self.flash = flash
    do {
      self.partition = try KeyValuePartition(mounting: flash)
    } catch {
      throw HostError("read the flash file", on: flash.path, because: describe(error))
    }
  }

  /// What the device machine kept, without the host's own records.
  package var records: [StoredRecord] {
    self.partition.records.filter { $0.key != .manufacture && $0.key != .cloud }
  }

  package func value(for key: RecordKey) -> [UInt8]? { self.partition.value(for: key) }

  /// Notes which cloud the device speaks to from now on.
  ///
  /// - Throws: `HostError` when the flash holds credentials of another one, which must not be shown
  ///   to this one.
  package mutating func use(cloud origin: [UInt8]) throws(HostError) {
    let known = self.value(for: .cloud)
    guard known != origin else { return }
    if let known, self.value(for: .credentials) != nil {
      throw HostError(
        "run the flash file", on: self.flash.path,
        because:
          "it is paired with \(String(decoding: known, as: UTF8.self)); reset the device there, or name another flash file"
      )
    }
    if case .failed(let error) = self.store(.cloud, origin) { throw error }
  }

  /// Lets power fail during the next write of credentials, once this many bytes have landed; a
  /// write that is shorter is complete, and power fails right after it.
  package mutating func armPowerCut(afterByteCount byteCount: UInt32) {
    self.armedByteCount = byteCount
  }

  /// Makes a record durable; an empty value removes it.
  package mutating func store(_ key: RecordKey, _ value: [UInt8]) -> StoreResult {
    let cut = key == .credentials && !value.isEmpty ? self.armedByteCount : nil
    if let cut { self.flash.failPower(afterByteCount: cut) }
    let outcome = Result { () throws(FlashError) in try self.partition.set(key, to: value) }
    if cut != nil {
      self.armedByteCount = nil
      self.flash.restorePower()
      return .powerCut
    }
    switch outcome {
    case .success: return .stored
    case .failure(let error):
      return .failed(
        HostError("store \(key.name) in", on: self.flash.path, because: describe(error)))
    }
  }
}

extension RecordKey {
  /// As in the journal; `docs/protocol.md`.
  package var name: String {
    switch self {
    case .manufacture: "manufacture"
    case .cloud: "cloud"
    case .wifi: "wifi"
    case .credentials: "credentials"
    case .pairing: "pairing"
    case .counters: "counters"
    case _
    where (Self.firstMeasurement.rawValue...Self.lastMeasurement.rawValue).contains(self.rawValue):
      "measurement-\(self.rawValue - Self.firstMeasurement.rawValue)"
    default: "record-\(self.rawValue)"
    }
  }
}

/// A flash error in words, with the system's where it has them.
private func describe(_ error: FlashError) -> String {
  switch error {
  case .outOfRange(let offset, let byteCount):
    "\(byteCount) bytes at \(offset) are outside the chip"
  case .misaligned(let offset, let byteCount):
    "\(byteCount) bytes at \(offset) are not whole write units"
  case .readFailed(let offset, let code):
    "reading at \(offset) failed: \(systemErrorText(code))"
  case .programFailed(let offset, let code):
    "programming at \(offset) failed: \(systemErrorText(code))"
  case .eraseFailed(let sector, let code):
    "erasing sector \(sector) failed: \(systemErrorText(code))"
  case .full(let needed, let free):
    "it is full: \(needed) bytes are needed and \(free) are free"
  case .valueTooLong(let byteCount, let limit):
    "a record of \(byteCount) bytes is over the limit of \(limit)"
  case .badGeometry(let geometry):
    "records cannot be kept on \(geometry.sectorCount) sectors of \(geometry.sectorByteCount) bytes"
  case .notAPartition:
    "it is corrupt: no sector holds records, and it is not blank either"
  }
}
