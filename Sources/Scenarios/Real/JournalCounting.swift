import Simulation

extension Claim.Counter {
  /// How often it is in a device's journal; of `sessions` those that began in it.
  func count(in entries: some Sequence<JournalEntry>) -> Int {
    entries.reduce(into: 0) { if self.counts($1) { $0 += 1 } }
  }

  private func counts(_ entry: JournalEntry) -> Bool {
    switch self {
    case .refreshes: entry.isRequest("refresh", outcome: "ok")
    case .failedRefreshes:
      entry.isRequest("refresh", outcome: "failed")
        || entry.isRequest("refresh", outcome: "refused")
    case .pairings: entry.isRequest("pair", outcome: "ok")
    case .relinks: entry.isRequest("relink", outcome: "ok")
    case .sessions: entry.beginsSession
    case .relinkRequests: entry.isRequest("relink", outcome: "sent")
    case .logouts: entry.event == "loggedOut"
    case .requests: entry.event == "request" && entry.text("outcome") == "sent"
    case .deadTokenRequests: entry.isRefusal(of: Self.deadTokenReasons)
    case .heartbeats: entry.isRequest("heartbeat", outcome: "ok")
    case .boots: entry.event == "booted"
    case .replays: entry.isRefusal(of: ["replayed"])
    // A device does not log in; what it had from dead tokens its journal alone does not tell.
    case .logins, .deadTokensAccepted: false
    }
  }

  private static let deadTokenReasons = [
    "logged_out", "session_ended", "token_unknown", "replayed",
  ]
}

extension JournalEntry {
  var beginsSession: Bool {
    self.isRequest("pair", outcome: "ok") || self.isRequest("relink", outcome: "ok")
  }

  fileprivate func isRefusal(of reasons: [String]) -> Bool {
    self.event == "request" && self.text("outcome") == "refused"
      && reasons.contains(self.text("detail") ?? "")
  }
}

extension BidirectionalCollection<JournalEntry> {
  /// Whether the device has a session, as far as it knows.
  var endsInSession: Bool {
    self.last { $0.beginsSession || $0.event == "loggedOut" }?.beginsSession ?? false
  }
}

extension Sequence<JournalEntry> {
  /// The requests that were sent after a logout was acknowledged, and were served although the
  /// device had no tokens from after it.
  ///
  /// - Parameter logoutTimes: In order, as the entries' `at`; of logouts that cover the device.
  func deadTokenUses(logoutTimes: [Int64]) -> [JournalEntry] {
    var coming = logoutTimes[...]
    var isLoggedOut = false
    var sent: Set<String> = []
    var uses: [JournalEntry] = []
    for entry in self {
      while let time = coming.first, time < entry.integer("at") ?? 0 {
        coming.removeFirst()
        (isLoggedOut, sent) = (true, [])
      }
      if entry.beginsSession { isLoggedOut = false }
      guard isLoggedOut, entry.event == "request", let name = entry.text("name") else { continue }
      switch entry.text("outcome") {
      case "sent": sent.insert(name)
      case "ok" where sent.contains(name): uses.append(entry)
      default: break
      }
    }
    return uses
  }
}
