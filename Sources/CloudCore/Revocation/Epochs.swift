/// Whose epochs bind a token.
package struct EpochSubject: Equatable, Hashable, Sendable {
  package let kind: ClientKind
  package let account: AccountID
  /// Of an app's token none: its device epoch reads 0.
  package let device: DeviceID?
  /// Of what belongs to no session yet none: its session epoch reads 0.
  package let session: SessionID?

  package init(kind: ClientKind, account: AccountID, device: DeviceID?, session: SessionID?) {
    self.kind = kind
    self.account = account
    self.device = device
    self.session = session
  }

  /// Broadest first.
  package var scopes: [RevocationScope] {
    [.everyone, .kind(self.kind), .account(self.account)]
      + [self.device.map(RevocationScope.device), self.session.map(RevocationScope.session)]
      .compactMap { $0 }
  }
}

extension EpochReading {
  func epoch(of scope: RevocationScope) -> UInt64 {
    switch scope {
    case .everyone: self.everyone
    case .kind: self.kind
    case .account: self.account
    case .device: self.device
    case .session: self.session
    }
  }
}

extension StoreReader {
  /// Why a token that was minted under this reading is logged out, or nil if it is not.
  func logoutRefusal(of reading: EpochReading, for subject: EpochSubject) throws -> TokenRefusal? {
    let present = try self.epochs(for: subject)
    let reading = reading.withPlantedBugs(present)
    // Compared for equality, never for order: a moved epoch is dead whatever the direction.
    guard present != reading else { return nil }
    for scope in subject.scopes where present.epoch(of: scope) != reading.epoch(of: scope) {
      return .loggedOut(try self.logout(of: scope, epoch: present.epoch(of: scope)))
    }
    return .loggedOut(nil)
  }
}
