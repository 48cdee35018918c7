import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  func clockSetting() throws -> ClockSetting? {
    try self.fetchOne("SELECT revision, set_to, ahead_ms FROM clock") { columns in
      let (revision, setTo): (UInt64, UnixMilliseconds) = (
        try columns.integer(), try columns.time()
      )
      let ahead: Int64? = try columns.integerOrNil()
      return ClockSetting(
        revision: revision, setTo: setTo,
        course: ahead.map { .running(aheadMilliseconds: $0) } ?? .frozen)
    }
  }

  func save(_ clock: ClockSetting) throws {
    let ahead: Int64? =
      switch clock.course {
      case .frozen: nil
      case .running(let milliseconds): milliseconds
      }
    try self.execute(
      "INSERT OR REPLACE INTO clock (id, revision, set_to, ahead_ms) VALUES (1, ?, ?, ?)",
      [column(clock.revision), column(clock.setTo), ahead])
  }
}
