package import DeviceProtocol

extension Cloud {
  /// - Parameter limit: Of devices and of logouts; a negative one counts as 0.
  package func status(
    limit: Int, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> CloudStatus {
    let limit = min(max(limit, 0), 1_000_000)
    // One more than asked for tells whether there are more.
    let devices = try reader.devices(limit: limit + 1)
    let logouts = try reader.logouts(limit: limit + 1)
    var kindEpochs: [ClientKind: UInt64] = [:]
    for kind in ClientKind.allCases { kindEpochs[kind] = try reader.epoch(of: .kind(kind)) }
    return CloudStatus(
      accounts: try reader.accountCount(),
      liveSessions: try reader.liveSessionCounts(besides: self.expiries(at: now)),
      everyoneEpoch: try reader.epoch(of: .everyone),
      kindEpochs: kindEpochs,
      logouts: try logouts.prefix(limit).map { record in
        guard case .account(let id) = record.scope else {
          return CloudStatus.LogoutEntry(record: record, accountEmail: nil)
        }
        return CloudStatus.LogoutEntry(
          record: record, accountEmail: try reader.account(id)?.email)
      },
      devices: try devices.prefix(limit).map { device in
        CloudStatus.DeviceEntry(
          view: try self.view(of: device, in: reader, at: now),
          ownerEmail: try device.owner.flatMap { try reader.account($0)?.email },
          generation: try device.session.flatMap { try reader.session($0)?.generation })
      },
      isTruncated: devices.count > limit || logouts.count > limit)
  }
}
