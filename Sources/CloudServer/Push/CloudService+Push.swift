import CloudCore
import DeviceProtocol
import Logging

/// What others are told, once it is durable.
extension CloudService {
  /// Pushes and logs what a request has changed for others.
  func announce(_ events: [CloudEvent]) async {
    if !events.isEmpty { self.securityEvents.mayHaveEvents() }
    for event in events {
      switch event {
      case .sessionEnded(let session, let end):
        if end == .replayed || end == .spent {
          self.logger.warning(
            "session killed: an old refresh token was presented again",
            metadata: ["session": "\(session.text)"])
        }
        await self.endDeadStreams { $0.session == session }
      case .accessTokensEnded(let session):
        await self.endDeadStreams { $0.session == session }
      case .devicePaired(let device, let owner):
        self.logger.info(
          "device paired",
          metadata: ["device": "\(device.text)", "account": "\(owner.text)"])
        self.streams.ownersChanged()
        await self.streams.publish(.paired, of: device, to: owner)
      case .deviceRemoved(let device, let formerOwner):
        self.logger.info(
          "device removed",
          metadata: ["device": "\(device.text)", "account": "\(formerOwner.text)"])
        self.streams.ownersChanged()
        await self.streams.publish(.removed, of: device, to: formerOwner)
      }
    }
  }

  /// Tells the present owner's apps about a device. Its owner may have changed since whatever
  /// caused this, so the store is asked.
  func announce(_ change: DeviceChange, of device: DeviceID) async throws {
    try await self.withOwner(of: device) { owner, ownership in
      guard let owner else { return true }
      return await self.streams.publish(change, of: device, to: owner, asOf: ownership)
    }
  }

  /// Tells the present owner's apps whether a device is online, if that is news.
  func announcePresence(of device: DeviceID) async throws {
    try await self.withOwner(of: device) { owner, ownership in
      await self.streams.publishPresence(of: device, to: owner, asOf: ownership)
    }
  }

  /// Looks a device's owner up until the body, which gets it, says that no owner has changed
  /// meanwhile.
  private func withOwner(
    of device: DeviceID, _ body: (AccountID?, EventHub.Ownership) async -> Bool
  ) async throws {
    while true {
      let ownership = self.streams.ownership
      let owner = try await self.read { _, reader, _ in try reader.device(device)?.owner }
      if await body(owner, ownership) { return }
    }
  }

  /// Throws out whomever this logout has killed. Returns when nothing more is written to them.
  func endStreams(killedBy logouts: [LogoutRecord]) async {
    self.securityEvents.mayHaveEvents()
    let scopes = Set(logouts.map(\.scope))
    // Whose accounts are in a region, and what was minted when, the store is asked for each stream.
    let areBroad = scopes.contains { scope in
      switch scope {
      case .everyone, .region, .issuedBefore: true
      case .kind, .account, .device, .session: false
      }
    }
    await self.endDeadStreams { caller in areBroad || caller.isCovered(by: scopes) }
  }

  /// How many open streams a logout of these scopes would end.
  ///
  /// - Parameter cutOff: Of the scope `issuedBefore`.
  func streamCount(
    endedBy scopes: Set<RevocationScope>, cutOff: CutOffTime?
  ) async throws -> Int {
    let callers = self.streams.streams { _ in true }.map(\.caller)
    return try await self.read { cloud, reader, now in
      try callers.count { caller in
        guard try cloud.refusal(of: caller, in: reader, at: now) == nil else { return false }
        if scopes.contains(.everyone) || caller.isCovered(by: scopes) { return true }
        if let cutOff, caller.issuedAt < cutOff.before { return true }
        return try reader.account(caller.account).map { scopes.contains(.region($0.region)) }
          ?? false
      }
    }
  }

  /// Ends those of the affected streams whose token is dead. A stream that opens meanwhile looks by
  /// itself, after it has entered the hub.
  func endDeadStreams(where isAffected: (Authenticated) -> Bool) async {
    let streams = self.streams.streams(where: isAffected)
    guard !streams.isEmpty else { return }
    let refusals: [TokenRefusal?]
    do {
      refusals = try await self.read { cloud, reader, now in
        try streams.map { try cloud.refusal(of: $0.caller, in: reader, at: now) }
      }
    } catch {
      // What cannot be shown to be alive is not fed any more.
      self.logger.error(
        "cannot look up the open streams: closing them",
        metadata: [
          "error": "\(error)", "streams": "\(streams.count)",
        ])
      refusals = streams.map { _ in .sessionEnded }
    }
    await self.streams.end(
      zip(streams, refusals).compactMap { stream, refusal in
        refusal.map { (stream: stream, lastEvent: ServerSentEvent(lastOf: $0)) }
      })
  }
}

extension ServerSentEvent {
  /// What a stream is told whose token is refused from now on. Nil: it is only closed.
  init?(lastOf refusal: TokenRefusal) {
    switch refusal {
    case .expired:
      self = .expired
    case .loggedOut(let logout):
      self = .loggedOut(
        scope: (logout?.scope.word ?? .session).rawValue, reason: logout?.reason ?? "")
    case .sessionEnded, .tokenUnknown, .wrongCertificate, .wrongScheme, .wrongKey:
      return nil
    }
  }
}

extension Authenticated {
  /// Of the scopes that name whom they cover.
  fileprivate func isCovered(by scopes: Set<RevocationScope>) -> Bool {
    scopes.contains(.kind(self.kind)) || scopes.contains(.account(self.account))
      || scopes.contains(.session(self.session))
      || self.device.map { scopes.contains(.device($0)) } ?? false
  }
}
