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
    guard case .loggedOut = outcome else { return }
    // It is acknowledged once it is durable, and so is all that was handled before it.
    self.durable(ticket: self.cloud.commitTicket)
    self.rules.loggedOut(target)
    self.eras.loggedOut(target)
    self.cloud.lastLogoutReason = reason
    self.note("cloud", "logout", [("scope", target.inWords), ("reason", reason)])
    self.endDeadStreams()
    self.ownersWillReturn(target)
  }

  /// What an exchange changed for others.
  mutating func announce(_ events: [CloudEvent], by client: Exchange.Client?) {
    for event in events {
      switch event {
      case .sessionEnded(let session, let end):
        if end == .replayed {
          self.counters.count(.replays, of: self.devices.count + self.apps.count)
        }
        self.note("cloud", "sessionEnded", [("as", end.rawValue)])
        self.endStreams(of: session, by: client)
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
