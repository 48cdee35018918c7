import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  private static let deviceColumns = """
    id, kind, model, serial, nickname, firmware_version, owner, binding, bound_at, session, \
    relink_policy, ssid, signal_dbm, uptime_ms, last_seen
    """

  func owner(of device: DeviceID) throws -> AccountID? {
    let owner = try self.fetchOne("SELECT owner FROM devices WHERE id = ?", [device.text]) {
      try $0.uuidOrNil().map { AccountID(bits: $0) }
    }
    self.readFacts?.note(device, owner: owner ?? nil)
    return owner ?? nil
  }

  func device(_ id: DeviceID) throws -> DeviceRecord? {
    try self.fetchOne(
      "SELECT \(Self.deviceColumns) FROM devices WHERE id = ?", [id.text], as: self.device)
  }

  func devices(of account: AccountID) throws -> [DeviceRecord] {
    try self.fetchAll(
      "SELECT \(Self.deviceColumns) FROM devices WHERE owner = ? ORDER BY id", [account.text],
      as: self.device)
  }

  func devices(limit: Int) throws -> [DeviceRecord] {
    try self.fetchAll(
      "SELECT \(Self.deviceColumns) FROM devices ORDER BY id LIMIT ?", [limit], as: self.device)
  }

  func save(_ device: DeviceRecord) throws {
    try self.execute(
      """
      INSERT INTO devices (\(Self.deviceColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        model = excluded.model, serial = excluded.serial, nickname = excluded.nickname,
        firmware_version = excluded.firmware_version, owner = excluded.owner,
        binding = excluded.binding, bound_at = excluded.bound_at, session = excluded.session,
        relink_policy = excluded.relink_policy, ssid = excluded.ssid,
        signal_dbm = excluded.signal_dbm, uptime_ms = excluded.uptime_ms,
        last_seen = excluded.last_seen
      """,
      [
        device.id.text, "\(device.kind.text)", device.model, device.serial, device.nickname,
        device.firmwareVersion, device.owner?.text, column(device.binding),
        device.boundAt.map { column($0) }, device.session?.text, device.relinkPolicy.rawValue,
        device.ssid.map { column($0.bytes) }, device.signalDBm,
        device.uptimeMilliseconds.map { column($0) }, device.lastSeen.map { column($0) },
      ])
  }

  private func device(_ columns: inout Columns) throws -> DeviceRecord {
    DeviceRecord(
      id: DeviceID(bits: try columns.uuid()),
      kind: try columns.value { DeviceKind(Array($0.utf8)) }, model: try columns.text(),
      serial: try columns.text(), nickname: try columns.text(),
      firmwareVersion: try columns.text(),
      owner: try columns.uuidOrNil().map { AccountID(bits: $0) }, binding: try columns.integer(),
      boundAt: try columns.timeOrNil(),
      session: try columns.uuidOrNil().map { SessionID(bits: $0) },
      relinkPolicy: try columns.word(), ssid: try columns.ssidOrNil(),
      signalDBm: try columns.integerOrNil(), uptimeMilliseconds: try columns.integerOrNil(),
      lastSeen: try columns.timeOrNil())
  }
}
