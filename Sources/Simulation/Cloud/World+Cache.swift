import CloudCore
import DeviceProtocol

/// A cache of recordings between the cloud's routes and its store: what the incident of February
/// 2024 blamed.
struct RecordingCache {
  /// So many look-ups in a second are a load under which a cache that mixes up does so.
  private static let loadLimit = 20

  private let kind: Scenario.CloudSettings.Cache
  private var newest: (account: AccountID, device: DeviceID, answer: ObservedAnswer)?
  /// Look-ups in the present second, and which second that is.
  private var load = 0
  private var second: UInt64 = 0

  init(_ kind: Scenario.CloudSettings.Cache) { self.kind = kind }

  /// What an owner who looks at a device is shown.
  ///
  /// - Parameter fresh: What the store says.
  mutating func answer(
    to account: AccountID, lookingAt device: DeviceID, fresh: ObservedAnswer, now: UInt64
  ) -> ObservedAnswer {
    guard self.kind != .none else { return fresh }
    if self.second != now / 1_000 {
      self.second = now / 1_000
      self.load = 0
      self.newest = nil
    }
    self.load += 1
    defer { self.newest = (account, device, fresh) }
    // Under load the mapping from device to user is lost: whoever asks gets the newest answer.
    guard self.kind == .mixedUp, self.load > Self.loadLimit, let newest = self.newest else {
      return fresh
    }
    return newest.answer
  }
}

extension World {
  mutating func throughCache(
    _ handled: CloudFront.Handled, _ exchange: Exchange
  ) -> CloudFront.Handled {
    guard case .app(let app) = exchange.client, case .recordings = handled.answer,
      let account = self.apps[app].account, case .resource(_, let resource) = exchange.request
    else { return handled }
    switch resource {
    case .motions(let device), .measurements(let device):
      handled.answer = self.cloud.cache.answer(
        to: account, lookingAt: device, fresh: handled.answer, now: self.now)
      return handled
    default: return handled
    }
  }
}
