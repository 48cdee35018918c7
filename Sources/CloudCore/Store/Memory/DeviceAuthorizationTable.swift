import DeviceProtocol

/// Device authorizations by their device code and by their user code.
struct DeviceAuthorizationTable: Sendable {
  private var table = ExpiringTable<DeviceAuthorizationRecord>()
  /// Looked up and never gone through.
  private var byUserCode: [TokenHash: TokenHash] = [:]

  subscript(hash: TokenHash) -> DeviceAuthorizationRecord? { self.table[hash] }

  subscript(userCode hash: TokenHash) -> DeviceAuthorizationRecord? {
    self.byUserCode[hash].flatMap { self.table[$0] }
  }

  func refer(to session: SessionID) -> Bool { self.table.refer(to: session) }

  func all(where isWanted: (DeviceAuthorizationRecord) -> Bool) -> [DeviceAuthorizationRecord] {
    self.table.all(where: isWanted)
  }

  /// Adds it, or replaces the one of its device code.
  ///
  /// - Returns: The one that was replaced.
  mutating func put(_ record: DeviceAuthorizationRecord) -> DeviceAuthorizationRecord? {
    self.byUserCode[record.userCodeHash] = record.hash
    return self.table.put(record)
  }

  mutating func remove(_ hash: TokenHash) {
    if let record = self.table[hash] { self.byUserCode[record.userCodeHash] = nil }
    self.table.remove(hash)
  }

  /// Removes one that expired before this time.
  ///
  /// - Returns: Nil if there is none.
  mutating func removeExpired(before time: UnixMilliseconds) -> DeviceAuthorizationRecord? {
    guard let record = self.table.removeExpired(before: time) else { return nil }
    self.byUserCode[record.userCodeHash] = nil
    return record
  }
}

extension DeviceAuthorizationRecord: ExpiringRecord {
  var key: TokenHash { self.hash }
  var referredSession: SessionID? { self.usedFor }
}
