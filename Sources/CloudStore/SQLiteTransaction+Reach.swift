import CloudCore
import DeviceProtocol
import GRDB

extension SQLiteTransaction {
  /// Whether a row of `sessions` has not ended and no logout has hit it: `StoreReader.isLoggedIn`.
  static let isLive: String = {
    func epoch(_ scope: RevocationScope.Word, _ target: String) -> String {
      """
      coalesce((SELECT epoch FROM epochs
        WHERE scope = '\(scope.rawValue)' AND target = \(target)), 0)
      """
    }
    return """
      ended_as IS NULL
        AND epoch_everyone = \(epoch(.everyone, "''"))
        AND epoch_kind = \(epoch(.kind, "sessions.kind"))
        AND epoch_region = \(epoch(
          .region, "(SELECT region FROM accounts WHERE accounts.id = sessions.account)"))
        AND epoch_account = \(epoch(.account, "sessions.account"))
        AND epoch_device = \(epoch(.device, "sessions.device"))
        AND epoch_session = \(epoch(.session, "sessions.id"))
        AND (epoch_issued_before = \(epoch(.issuedBefore, "''"))
          OR live_minted_at >= coalesce((SELECT max(minted_before) FROM cut_offs
            WHERE cut_offs.epoch > epoch_issued_before), 0))
      """
  }()

  func liveReach(
    of scope: RevocationScope, before: UnixMilliseconds, besides expired: [SessionExpiry]
  ) throws -> LogoutReach {
    let (covered, arguments): (String, [(any StatementBinding)?]) =
      switch scope {
      case .everyone: ("1", [])
      case .issuedBefore: ("live_minted_at < ?", [column(before)])
      case .kind: ("kind = ?", [scope.target])
      case .region: ("account IN (SELECT id FROM accounts WHERE region = ?)", [scope.target])
      case .account: ("account = ?", [scope.target])
      case .device: ("device = ?", [scope.target])
      case .session: ("id = ?", [scope.target])
      }
    let isLive = Self.isLive(besides: expired)
    let values = arguments + isLive.values
    let rows = "FROM sessions WHERE \(covered) AND \(isLive.sql)"
    let counts: [(ClientKind, UInt64)] = try self.fetchAll(
      "SELECT kind, COUNT(*) \(rows) GROUP BY kind", values
    ) { (try $0.word(), try $0.integer()) }
    let owners: (UInt64, UInt64)? = try self.fetchOne(
      "SELECT COUNT(DISTINCT account), COUNT(DISTINCT device) \(rows)", values
    ) { (try $0.integer(), try $0.integer()) }
    return LogoutReach(
      accounts: owners?.0 ?? 0, devices: owners?.1 ?? 0,
      sessions: Dictionary(uniqueKeysWithValues: counts))
  }
}
