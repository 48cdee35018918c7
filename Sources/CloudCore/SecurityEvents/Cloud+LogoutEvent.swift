extension Cloud {
  /// A forced logout, as receivers are told of it.
  func event(of record: LogoutRecord, in reader: any StoreReader) throws -> SecurityEvent {
    let (account, device): (AccountID?, DeviceID?) =
      switch record.scope {
      case .session(let id):
        try reader.session(id).map { ($0.account, $0.device) } ?? (nil, nil)
      case .device(let id): (try reader.owner(of: id), nil)
      case .everyone, .issuedBefore, .kind, .region, .account: (nil, nil)
      }
    return SecurityEvent(
      at: record.at, scope: record.scope, before: record.before, account: account, device: device,
      initiator: .admin,
      reason: record.reason)
  }
}
