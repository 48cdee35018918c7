package import DeviceProtocol

extension Cloud {
  /// No more recordings than these are listed at once.
  package static let longestPage = 1_000

  /// The caller's devices, by id. A device's token sees none.
  package func devices(
    of caller: Authenticated, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> [DeviceView] {
    guard caller.kind == .app else { return [] }
    return try reader.devices(of: caller.account).map { try self.view(of: $0, in: reader, at: now) }
  }

  /// - Parameter id: Nil stands for text that is no id, and is nobody's.
  /// - Returns: Nil if there is none or it is not the caller's.
  package func device(
    _ id: DeviceID?, for caller: Authenticated, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> DeviceView? {
    try self.ownedDevice(id, by: caller, in: reader).map {
      try self.view(of: $0, in: reader, at: now)
    }
  }

  /// The newest of the present binding, by sequence.
  ///
  /// - Parameter limit: At most `longestPage`.
  /// - Returns: Nil if there is no such device or it is not the caller's.
  package func motions(
    of id: DeviceID?, limit: Int = Cloud.longestPage, for caller: Authenticated,
    in reader: any StoreReader
  ) throws -> [MotionRecord]? {
    try self.ownedDevice(id, by: caller, in: reader).map {
      try reader.motions(
        of: self.recordingDevice(of: $0, in: reader), limit: min(max(limit, 0), Self.longestPage))
    }
  }

  /// The newest of the present binding, by sequence.
  ///
  /// - Parameter limit: At most `longestPage`.
  /// - Returns: Nil if there is no such device or it is not the caller's.
  package func measurements(
    of id: DeviceID?, limit: Int = Cloud.longestPage, for caller: Authenticated,
    in reader: any StoreReader
  ) throws -> [MeasurementRecord]? {
    try self.ownedDevice(id, by: caller, in: reader).map {
      try reader.measurements(
        of: self.recordingDevice(of: $0, in: reader), limit: min(max(limit, 0), Self.longestPage))
    }
  }

  /// Unbinds the owner's device: its session ends and what it recorded is removed.
  package func removeDevice(
    _ id: DeviceID?, by caller: Authenticated, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> RemoveDeviceOutcome {
    guard caller.kind == .app else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) {
      return .refused(refusal)
    }
    guard let device = try self.ownedDevice(id, by: caller, in: transaction) else {
      return .notFound
    }
    return .removed(try self.unbind(device, from: caller.account, in: transaction, at: now))
  }

  /// A device's own factory reset: its session ends and what it recorded is removed.
  package func unbind(
    by caller: Authenticated, in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> UnbindOutcome {
    guard let id = caller.device else { return .wrongKind }
    if let refusal = try self.refusalWhateverTheTime(of: caller, in: transaction) {
      return .refused(refusal)
    }
    guard let device = try transaction.device(id) else { return .unbound([]) }
    return .unbound(try self.unbind(device, from: caller.account, in: transaction, at: now))
  }

  func view(
    of device: DeviceRecord, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> DeviceView {
    guard let session = try device.session.flatMap({ try reader.session($0) }) else {
      return DeviceView(record: device, session: .none)
    }
    return DeviceView(
      record: device, session: try self.isLive(session, in: reader, at: now) ? .live : .dead)
  }

  private func ownedDevice(
    _ id: DeviceID?, by caller: Authenticated, in reader: any StoreReader
  ) throws -> DeviceRecord? {
    guard caller.kind == .app, let id, let device = try reader.device(id),
      device.owner == caller.account || isPlanted(.ownerUnchecked)
    else { return nil }
    return device
  }

  private func unbind(
    _ device: DeviceRecord, from owner: AccountID, in transaction: any StoreTransaction,
    at now: UnixMilliseconds
  ) throws -> [CloudEvent] {
    let events =
      isPlanted(.removedDeviceStaysLive)
      ? [] : try self.endSession(device.session, as: .unbound, in: transaction, at: now)
    if !isPlanted(.formerRecordingsShown) { try transaction.removeRecordings(of: device.id) }
    var device = device
    device.owner = nil
    device.boundAt = nil
    device.session = nil
    // Where it was is its former owner's alone.
    device.ssid = nil
    device.signalDBm = nil
    device.uptimeMilliseconds = nil
    device.lastSeen = nil
    try transaction.save(device)
    return events + [.deviceRemoved(device.id, formerOwner: owner)]
  }
}
