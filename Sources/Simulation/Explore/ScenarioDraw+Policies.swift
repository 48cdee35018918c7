import CloudCore
import DeviceProtocol

// What the clients' tokens are worth, and where owners are at home.

extension ScenarioDraw {
  mutating func drawPolicies() {
    // An owner whose app is not logged in keeps devices from coming back, so it lives longer.
    self.scenario.cloud.policies.app = self.drawPolicy(idle: [1_800, 36_000], absolute: [40_000])
    self.scenario.cloud.policies.camera = self.drawPolicy(
      idle: [120, 1_800, 86_400], absolute: [900, 36_000])
    self.scenario.cloud.policies.scale = self.drawPolicy(
      idle: [120, 1_800, 86_400], absolute: [900, 36_000])
  }

  /// Nil for the cloud's own.
  private mutating func drawPolicy(idle: [UInt32], absolute: [UInt32]) -> TokenPolicy? {
    switch self.random.number(below: 10) {
    case 0: return nil
    case 1, 2, 3, 4:
      return (self.random.element(of: PolicyPreset.allCases) ?? .okta).policy
    default: break
    }
    var policy = TokenPolicy(
      rotation: self.drawRotation(),
      reaction: self.random.element(of: TheftReaction.allCases) ?? .session)
    if self.random.chance(permille: 300) { policy.idleSeconds = self.random.element(of: idle) }
    if self.random.chance(permille: 300) {
      policy.absoluteSeconds = self.random.element(of: absolute)
    }
    return policy
  }

  private mutating func drawRotation() -> RotationPolicy {
    let window = UInt64(self.random.element(of: [5, 30, 120, 600]) ?? 30) * 1_000
    return switch self.random.number(below: 5) {
    case 0: .strict
    case 1: .grace(windowMilliseconds: window)
    case 2: .idempotent(windowMilliseconds: window)
    case 3: .retireOnUse
    default: .reusable
    }
  }

  mutating func drawRegions() {
    let regions = ["eu-west", "us-east"].compactMap { Region($0) }
    for index in self.scenario.owners.indices where self.random.chance(permille: 700) {
      self.scenario.owners[index].region = self.random.element(of: regions) ?? .standard
    }
  }

  mutating func drawScope() -> Action.LogoutScope {
    switch self.random.number(below: 10) {
    case 0, 1: .everyone
    case 2: .kind(self.random.element(of: [.app, .camera, .scale]) ?? .app)
    case 3: .account(self.drawOwner())
    case 4: .device(self.drawNickname() ?? "")
    case 5: .session(self.drawOwner())
    case 6: .region(self.random.element(of: self.scenario.owners)?.region ?? .standard)
    case 7: .issuedBefore(ago: nil)
    case 8: .issuedBefore(ago: self.drawAgo())
    default: self.drawList()
    }
  }

  /// Around the life of the tokens, so that some are older and some are newer.
  private mutating func drawAgo() -> Duration {
    let life = Int(self.scenario.cloud.accessTokenLifetime.wholeMilliseconds)
    return .milliseconds(
      self.random.chance(permille: 500)
        ? self.random.number(below: 2_000) : self.random.number(below: 2 * life))
  }

  private mutating func drawList() -> Action.LogoutScope {
    var names: [Action.ListedName] = []
    for _ in 0..<self.random.number(in: 1...4) {
      switch self.random.number(below: 5) {
      case 0: names.append(.nobody)
      case 1, 2: names.append(.account(self.drawOwner()))
      default: names.append(self.drawNickname().map { .device($0) } ?? .nobody)
      }
    }
    return .list(names, skipsUnknown: self.random.chance(permille: 700))
  }

  mutating func drawHarm() -> Fault.Harm {
    let phase = self.random.element(of: Fault.Phase.allCases) ?? .afterCommit
    switch self.random.number(below: 11) {
    case 0: return .beforeCommit
    case 1, 2: return .afterCommit
    case 3: return .afterByte(self.random.number(below: 800))
    case 4, 5: return .delay(.milliseconds(self.random.number(below: 30_000)), phase)
    case 6: return .duplicate
    case 7, 8:
      return .malformed(self.random.element(of: Fault.Malformation.allCases) ?? .empty, phase)
    default:
      let seconds = self.random.element(of: [nil, 1, 5, 60]) ?? nil
      return .status(
        self.random.element(of: [429, 500, 502, 503, 504]) ?? 503,
        retryAfter: seconds.map { .seconds($0) }, phase)
    }
  }
}
