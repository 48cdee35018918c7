package import DeviceProtocol

/// Saved states by name. A copy of the tables costs nothing until one of the two is written to.
extension MemoryStore {
  package func saveSnapshot(
    _ name: SnapshotName, savedAt: UnixMilliseconds, machineAt: UnixMilliseconds
  ) async throws -> (info: SnapshotInfo, isNew: Bool) {
    self.locked { records in
      let info = SnapshotInfo(
        name: name, savedAt: savedAt, machineAt: machineAt, byteCount: records.tables.byteCount)
      let former = records.saved.updateValue((info, records.tables), forKey: name)
      return (info, former == nil)
    }
  }

  package func restoreSnapshot<Value: Sendable>(
    _ name: SnapshotName, epochs: RestoredEpochs,
    _ body: @escaping @Sendable (any StoreTransaction, SnapshotInfo) throws -> Value,
    committed: @escaping @Sendable (Value) -> Void
  ) async throws -> Value? {
    try self.locked { records in
      guard let (info, tables) = records.saved[name] else { return nil }
      let present = records.tables
      records.restore(tables)
      records.tables.keepReceivers(of: present)
      switch epochs {
      case .kept: records.tables.keepEpochs(of: present)
      case .asSaved: records.tables.keepUsedCounts(of: present)
      }
      do {
        let value = try body(records, info)
        records.commit()
        committed(value)
        return value
      } catch {
        records.restore(present)
        throw error
      }
    }
  }

  package func snapshots() async throws -> SnapshotList {
    SnapshotList(snapshots: self.locked { $0.saved.values.map(\.info) })
  }

  package func removeSnapshot(_ name: SnapshotName) async throws -> Bool {
    self.locked { $0.saved.removeValue(forKey: name) != nil }
  }
}
