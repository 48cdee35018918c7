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

package struct LogoutListResult: Equatable, Sendable {
  /// In the order of the list, each scope once.
  package let records: [LogoutRecord]
  /// Indices into the list of what names nothing that is known.
  package let unknown: [Int]

  package init(records: [LogoutRecord], unknown: [Int]) {
    self.records = records
    self.unknown = unknown
  }
}

extension Cloud {
  /// Logs out all of a list, in one transaction. Of whatever is unknown nothing comes to pass; without
  /// `skippingUnknown` nothing at all.
  ///
  /// - Returns: No records when nothing was done.
  package func logOut(
    _ list: [LogoutListEntry?], skippingUnknown: Bool, reason: String, operatorName: String = "",
    in transaction: any StoreTransaction, at now: UnixMilliseconds
  ) throws -> LogoutListResult {
    let (scopes, unknown) = try self.scopes(of: list, in: transaction)
    guard unknown.isEmpty || skippingUnknown else {
      return LogoutListResult(records: [], unknown: unknown)
    }
    let records = try scopes.map { scope in
      try self.logOut(
        scope, cutOff: nil, reason: reason, operatorName: operatorName, in: transaction, at: now)
    }
    return LogoutListResult(records: records, unknown: unknown)
  }

  /// Whom that would hit, each once although several entries may name them.
  package func reach(
    of list: [LogoutListEntry?], in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> (reach: LogoutReach, scopes: Set<RevocationScope>, unknown: [Int]) {
    let (scopes, unknown) = try self.scopes(of: list, in: reader)
    var seen: Set<SessionID> = []
    var sessions: [Session] = []
    for scope in scopes {
      for session in try self.liveSessions(of: scope, in: reader, at: now)
      where seen.insert(session.id).inserted {
        sessions.append(session)
      }
    }
    return (LogoutReach(sessions), Set(scopes), unknown)
  }

  private func scopes(
    of list: [LogoutListEntry?], in reader: any StoreReader
  ) throws -> (scopes: [RevocationScope], unknown: [Int]) {
    var scopes: [RevocationScope] = []
    var seen: Set<RevocationScope> = []
    var unknown: [Int] = []
    for (index, entry) in list.enumerated() {
      guard let scope = try entry.flatMap({ try self.scope(of: $0, in: reader) }) else {
        unknown.append(index)
        if isPlanted(.listStopsAtUnknown) { break }
        continue
      }
      if seen.insert(scope).inserted { scopes.append(scope) }
    }
    return (scopes, unknown)
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
