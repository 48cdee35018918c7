/// The present epochs. Of a scope that was never logged out nothing is kept, and its epoch is 0.
struct EpochTable: Sendable {
  private var everyone: UInt64 = 0
  /// By token code.
  private var kinds = [UInt64](repeating: 0, count: ClientKind.allCases.count)
  private var regions: [Region: UInt64] = [:]
  private var issuedBefore: UInt64 = 0
  var cutOffs = CutOffs()
  private var accounts: [AccountID: UInt64] = [:]
  private var devices: [DeviceID: UInt64] = [:]
  private var sessions: [SessionID: UInt64] = [:]

  subscript(scope: RevocationScope) -> UInt64 {
    get {
      switch scope {
      case .everyone: self.everyone
      case .kind(let kind): self.kinds[Int(kind.tokenCode)]
      case .issuedBefore: self.issuedBefore
      case .region(let region): self.regions[region] ?? 0
      case .account(let id): self.accounts[id] ?? 0
      case .device(let id): self.devices[id] ?? 0
      case .session(let id): self.sessions[id] ?? 0
      }
    }
    set {
      let kept = newValue == 0 ? nil : newValue
      switch scope {
      case .everyone: self.everyone = newValue
      case .kind(let kind): self.kinds[Int(kind.tokenCode)] = newValue
      case .issuedBefore: self.issuedBefore = newValue
      case .region(let region): self.regions[region] = kept
      case .account(let id): self.accounts[id] = kept
      case .device(let id): self.devices[id] = kept
      case .session(let id): self.sessions[id] = kept
      }
    }
  }

  /// Of all scopes.
  var highest: UInt64 {
    let counts = [self.regions.values.max(), self.accounts.values.max(), self.devices.values.max()]
    return max(
      self.everyone, self.kinds.max() ?? 0, self.issuedBefore, self.sessions.values.max() ?? 0,
      counts.compactMap { $0 }.max() ?? 0)
  }

  /// Takes over whatever epoch is higher, and all cut-offs.
  mutating func raise(to other: EpochTable) {
    self.everyone = max(self.everyone, other.everyone)
    self.kinds = zip(self.kinds, other.kinds).map { max($0, $1) }
    self.regions.merge(other.regions) { max($0, $1) }
    self.issuedBefore = max(self.issuedBefore, other.issuedBefore)
    for cutOff in other.cutOffs.steps { self.cutOffs.add(cutOff) }
    self.accounts.merge(other.accounts) { max($0, $1) }
    self.devices.merge(other.devices) { max($0, $1) }
    self.sessions.merge(other.sessions) { max($0, $1) }
  }

  /// - Parameter region: Looks the account's up; asked only once a region was logged out.
  @inline(__always)
  func reading(of subject: EpochSubject, region: () -> Region?) -> EpochReading {
    EpochReading(
      everyone: self.everyone, kind: self.kinds[Int(subject.kind.tokenCode)],
      region: self.regions.isEmpty ? 0 : region().flatMap { self.regions[$0] } ?? 0,
      account: self.accounts[subject.account] ?? 0,
      device: subject.device.flatMap { self.devices[$0] } ?? 0,
      session: subject.session.flatMap { self.sessions[$0] } ?? 0,
      issuedBefore: self.issuedBefore)
  }
}
