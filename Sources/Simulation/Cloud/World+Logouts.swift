import CloudCore
import DeviceCore
import DeviceProtocol

// Logouts, and what others are told of an exchange.

extension World {
  mutating func logOut(_ target: LogoutTarget, reason: String) {
    let outcome: LogoutOutcome
    do {
      let now = self.cloudTime
      outcome = try self.cloud.store.transaction { transaction in
        try self.cloud.front.cloud.logOut(target, reason: reason, in: transaction, at: now)
      }
    } catch {
      self.violate(2, "the cloud failed at a logout: \(error)")
      return
    }
    // It is answered once it is durable, and so is all that was handled before it.
    self.durable(ticket: self.cloud.commitTicket)
    if let violation = self.rules.loggedOut(target, answeredBy: outcome, at: self.cloudTime) {
      self.violate(violation.rule, self.withNames("\(target.inWords): \(violation.seen)"))
    }
    guard case .loggedOut = outcome else { return }
    self.eras.loggedOut(target)
    self.cloud.lastLogoutReason = reason
    self.note("cloud", "logout", [("scope", target.inWords), ("reason", reason)])
    self.endDeadStreams()
    self.ownersWillReturn(target)
  }

  /// Devices and accounts, all at once.
  mutating func logOut(
    _ names: [Action.ListedName], skipsUnknown: Bool, reason: String
  ) {
    let targets = names.map { self.target(of: $0) }
    let entries = targets.map { $0.flatMap(\.listEntry) ?? LogoutListEntry("nobody@example.org") }
    let now = self.cloudTime
    var result = ResolvedLogoutList()
    do {
      let cloud = self.cloud.front.cloud
      result = try self.cloud.store.transaction { transaction in
        var resolved = ResolvedLogoutList()
        resolved.add(try cloud.resolve(entries, in: transaction, at: now))
        if resolved.unknown.isEmpty || skipsUnknown {
          _ = try cloud.logOut(resolved, reason: reason, in: transaction, at: now)
        }
        return resolved
      }
    } catch {
      self.violate(2, "the cloud failed at a logout of a list: \(error)")
      return
    }
    self.durable(ticket: self.cloud.commitTicket)
    if let violation = self.rules.loggedOut(
      targets, skippingUnknown: skipsUnknown, unknown: result.unknown, at: now)
    {
      self.violate(violation.rule, violation.seen)
    }
    self.note(
      "cloud", "logout",
      [
        ("scope", "list"), ("entries", "\(names.count)"), ("unknown", "\(result.unknown.count)"),
        ("reason", reason),
      ])
    guard result.unknown.isEmpty || skipsUnknown else { return }
    self.cloud.lastLogoutReason = reason
    self.endDeadStreams()
    for case let target? in targets {
      self.eras.loggedOut(target)
      self.ownersWillReturn(target)
    }
  }

  private func target(of name: Action.ListedName) -> LogoutTarget? {
    switch name {
    case .account(let email): EmailAddress(email).map { .account($0) }
    case .device(let nickname):
      self.index(of: nickname).map { .device(self.devices[$0].specification.id) }
    case .nobody: nil
    }
  }

  /// What an exchange changed for others.
  mutating func announce(_ events: [CloudEvent], by client: Exchange.Client?) {
    for event in events {
      switch event {
      case .sessionEnded(let session, let end):
        if end == .replayed || end == .spent {
          self.counters.count(.replays, of: self.devices.count + self.apps.count)
        }
        self.note("cloud", "sessionEnded", [("as", end.rawValue)])
        self.endStreams(of: session, by: client)
      case .accessTokensEnded(let session): self.endStreams(of: session, by: client)
      case .devicePaired(let device, let owner):
        self.ownerChanged(of: device, to: owner, by: client)
      case .deviceRemoved(let device, _): self.ownerChanged(of: device, to: nil, by: client)
      }
    }
  }

  private mutating func endStreams(of session: SessionID, by client: Exchange.Client?) {
    for stream in self.streams(thatMayBeOf: client)
    where self.cloud.streams[Int(stream)].caller?.session == session {
      self.end(stream, with: .ended)
    }
  }

  /// As the server does: whoever would be refused now is told so and cut.
  private mutating func endDeadStreams() {
    let now = self.cloudTime
    for stream in self.cloud.streams.indices {
      guard let caller = self.cloud.streams[stream].caller else { continue }
      let refusal = try? self.cloud.store.reading { reader in
        try self.cloud.front.cloud.refusal(of: caller, in: reader, at: now)
      }
      switch refusal {
      case .loggedOut: self.end(Int32(stream), with: .loggedOut)
      case .expired: self.end(Int32(stream), with: .expired)
      case .sessionEnded, .tokenUnknown, .wrongCertificate, .wrongScheme, .wrongKey:
        self.end(Int32(stream), with: .ended)
      case nil: self.checkStreamMayStay(self.cloud.streams[stream])
      }
    }
  }
}

extension LogoutTarget {
  /// As an operator writes it; nil for what cannot be on a list.
  fileprivate var listEntry: LogoutListEntry? {
    switch self {
    case .account(let email): LogoutListEntry(email.text)
    case .device(let id): LogoutListEntry(id.text)
    case .session(let id): LogoutListEntry(id.text)
    case .everyone, .issuedBefore, .kind, .region: nil
    }
  }

  fileprivate var inWords: String {
    switch self {
    case .everyone: "everyone"
    case .issuedBefore: "whatever was issued before"
    case .kind(let kind): "every \(kind.rawValue)"
    case .region(let region): "region \(region.text)"
    case .account(let email): "account \(email.text)"
    case .device(let id): "device \(id.text)"
    case .session(let id): "session \(id.text)"
    }
  }
}
