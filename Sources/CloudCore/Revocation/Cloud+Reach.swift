import DeviceProtocol

extension Cloud {
  /// - Parameter cutOff: Of the scope `issuedBefore` alone.
  func reach(
    of scope: RevocationScope, cutOff: CutOffTime?, in reader: any StoreReader,
    at now: UnixMilliseconds
  ) throws -> LogoutReach {
    switch scope {
    case .everyone, .issuedBefore, .kind, .region:
      return try reader.liveReach(
        of: scope, before: cutOff?.before ?? UnixMilliseconds(0), besides: self.expiries(at: now))
    case .account, .device, .session:
      return LogoutReach(try self.liveSessions(of: scope, in: reader, at: now))
    }
  }

  /// - Parameter scope: One of few sessions: an account, a device or a session.
  func liveSessions(
    of scope: RevocationScope, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> [Session] {
    let sessions: [Session] =
      switch scope {
      case .everyone, .issuedBefore, .kind, .region: []
      case .account(let id): try reader.sessions(of: id)
      // An earlier session of a device has ended.
      case .device(let id):
        try [reader.device(id)?.session.flatMap { try reader.session($0) }]
          .compactMap { $0 }
      case .session(let id): try [reader.session(id)].compactMap { $0 }
      }
    return try sessions.filter { try self.isLive($0, in: reader, at: now) }
  }
}
