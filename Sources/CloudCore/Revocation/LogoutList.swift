package import DeviceProtocol

/// One of many that are to be logged out together: an account, a device or a session.
package struct LogoutListEntry: Equatable, Sendable {
  /// Nil: whichever has this name.
  package let word: Word?
  /// An account's e-mail address, or an id.
  package let name: String

  package enum Word: String, Sendable, CaseIterable {
    case account, device, session
  }

  /// - Parameter text: A name, or a word and a name: `ada@example.org`, `device 4f9d…`.
  /// - Returns: Nil for text that is neither.
  package init?(_ text: String) {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
    switch parts.count {
    case 1:
      self.word = nil
      self.name = String(parts[0])
    case 2:
      guard let word = Word(rawValue: String(parts[0])) else { return nil }
      self.word = word
      self.name = String(parts[1])
    default: return nil
    }
  }
}

/// Whom the entries of a list name. They are looked up a piece at a time, before anything is written: a
/// long list holds up nobody else meanwhile.
package struct ResolvedLogoutList: Sendable {
  /// Whom one entry names, and the live sessions that it reaches.
  package struct Entry: Sendable {
    let scope: RevocationScope
    let sessions: [Session]
  }

  /// In the order of the list, each scope once. With the live sessions that none before it reaches.
  private(set) var named: [(scope: RevocationScope, sessionCount: UInt64)] = []
  /// Indices into the list of what names nothing that is known.
  package private(set) var unknown: [Int] = []
  /// Whom it hits, each once although several entries may name them.
  package private(set) var reach = LogoutReach(accounts: 0, devices: 0, sessions: [:])
  package private(set) var scopes: Set<RevocationScope> = []
  private var count = 0
  private var sessions: Set<SessionID> = []
  private var accounts: Set<AccountID> = []
  private var devices: Set<DeviceID> = []

  package init() {}

  /// - Parameter piece: What `Cloud.resolve` made of the next entries of the list.
  package mutating func add(_ piece: [Entry?]) {
    for entry in piece {
      defer { self.count += 1 }
      if isPlanted(.listStopsAtUnknown), !self.unknown.isEmpty { continue }
      guard let entry else {
        self.unknown.append(self.count)
        continue
      }
      guard self.scopes.insert(entry.scope).inserted else { continue }
      let sessions = entry.sessions.filter { self.sessions.insert($0.id).inserted }
      for session in sessions {
        self.reach.sessions[session.kind, default: 0] += 1
        self.accounts.insert(session.account)
        if let device = session.device { self.devices.insert(device) }
      }
      self.named.append((entry.scope, UInt64(sessions.count)))
    }
    self.reach.accounts = UInt64(self.accounts.count)
    self.reach.devices = UInt64(self.devices.count)
  }
}

extension Cloud {
  /// Looks up whom some entries of a list name; nil for one that names nothing that is known.
  package func resolve(
    _ entries: some Sequence<LogoutListEntry?>, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> [ResolvedLogoutList.Entry?] {
    try entries.map { entry in
      guard let scope = try entry.flatMap({ try self.scope(of: $0, in: reader) }) else {
        return nil
      }
      return ResolvedLogoutList.Entry(
        scope: scope, sessions: try self.liveSessions(of: scope, in: reader, at: now))
    }
  }

  /// Logs out all of a list, in one transaction, which only writes.
  ///
  /// - Returns: A record of each scope, in the order of the list.
  package func logOut(
    _ list: ResolvedLogoutList, reason: String, operatorName: String = "",
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> [LogoutRecord] {
    try list.named.map { scope, sessionCount in
      try self.logOut(
        scope, cutOff: nil, sessionCount: sessionCount, reason: reason,
        operatorName: operatorName, in: transaction, at: now)
    }
  }

  private func scope(
    of entry: LogoutListEntry, in reader: any StoreReader
  ) throws -> RevocationScope? {
    for word in entry.word.map({ [$0] }) ?? LogoutListEntry.Word.allCases {
      switch word {
      case .account:
        let account =
          try AccountID(entry.name).flatMap { try reader.account($0) }
          ?? EmailAddress(entry.name).flatMap { try reader.account(email: $0) }
        if let account { return .account(account.id) }
      case .device:
        if let device = try DeviceID(entry.name).flatMap({ try reader.device($0) }) {
          return .device(device.id)
        }
      case .session:
        if let session = try SessionID(entry.name).flatMap({ try reader.session($0) }) {
          return .session(session.id)
        }
      }
    }
    return nil
  }
}
