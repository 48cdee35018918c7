import CloudCore
import DeviceProtocol

/// The rules of "Always true", and the model against which every answer is compared.
struct Rules {
  private(set) var model: Model
  /// False for populations too large to be watched token by token.
  let isOn: Bool

  init(_ cloud: Scenario.CloudSettings, isOn: Bool) {
    self.model = Model(cloud: cloud)
    self.isOn = isOn
  }

  mutating func observe(_ exchange: ObservedExchange) -> Violation? {
    self.isOn ? self.model.observe(exchange) : nil
  }

  mutating func loggedOut(
    _ target: LogoutTarget, answeredBy outcome: LogoutOutcome, at now: UnixMilliseconds
  ) -> Violation? {
    self.isOn ? self.model.loggedOut(target, answeredBy: outcome, at: now) : nil
  }

  mutating func loggedOut(
    _ list: [LogoutTarget?], skippingUnknown: Bool, unknown: [Int], at now: UnixMilliseconds
  ) -> Violation? {
    guard self.isOn else { return nil }
    return self.model.loggedOut(
      list, skippingUnknown: skippingUnknown, unknown: unknown, at: now)
  }

  /// The database was replaced by a copy, and everybody logged out.
  mutating func restore(_ copy: Rules) { self.model.restored(from: copy.model) }

  static func text(of rule: Int) -> String {
    switch rule {
    case 1: "after a logout no token minted before it is accepted"
    case 2: "a refresh token has one live successor, and refreshes get 200 or 400"
    case 3: "an honest client that loses a response is not logged out"
    case 4: "a late replay ends that session, and a replay of a logged-out token harms no other"
    case 5: "nobody receives data of a device that is not theirs"
    case 6: "with power, Wi-Fi and a logged-in owner a device is on line again in time"
    case 7: "what was acknowledged survives"
    case 8: "a measurement arrives exactly once"
    case 9: "a device boots a valid image"
    case 10: "no secret is in a journal"
    case 11: "identifiers are the same before and after a relink"
    default: "rule \(rule)"
    }
  }
}
