import DeviceProtocol

/// Behaviour that differs between firmware versions; a bit each, fixed for good.
package struct FirmwareTraits: OptionSet, Equatable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Keeps the previous refresh token until the new one has worked. Without it a version forgets
  /// the token as soon as it has sent it, and a lost response logs it out.
  package static let keepsPreviousToken = FirmwareTraits(rawValue: 1 << 0)

  // How it waits before it asks the cloud again; full jitter without any. Of several the first in
  // this order counts: `BackoffPolicy`.

  /// Does not wait.
  package static let retriesAtOnce = FirmwareTraits(rawValue: 1 << 1)
  /// Waits the base of the backoff each time.
  package static let fixedBackoff = FirmwareTraits(rawValue: 1 << 2)
  /// Doubles its wait up to the cap, without jitter.
  package static let backoffWithoutJitter = FirmwareTraits(rawValue: 1 << 3)
  /// Waits a random time of up to three times its last wait.
  package static let decorrelatedJitter = FirmwareTraits(rawValue: 1 << 4)

  /// Does not read the cloud's `Retry-After`.
  package static let ignoresRetryAfter = FirmwareTraits(rawValue: 1 << 5)
  /// Waits a random time after it has joined Wi-Fi, so that a power failure of a region does not
  /// bring all devices to the cloud at one moment.
  package static let startsWithJitter = FirmwareTraits(rawValue: 1 << 6)
}

/// A trait as `firmware-images/manifest.json` spells it.
package enum FirmwareTraitName: WireWord {
  case keepsPreviousToken, retriesAtOnce, fixedBackoff, backoffWithoutJitter, decorrelatedJitter
  case ignoresRetryAfter, startsWithJitter

  package var text: StaticString {
    switch self {
    case .keepsPreviousToken: "keepsPreviousToken"
    case .retriesAtOnce: "retriesAtOnce"
    case .fixedBackoff: "fixedBackoff"
    case .backoffWithoutJitter: "backoffWithoutJitter"
    case .decorrelatedJitter: "decorrelatedJitter"
    case .ignoresRetryAfter: "ignoresRetryAfter"
    case .startsWithJitter: "startsWithJitter"
    }
  }

  package var trait: FirmwareTraits {
    switch self {
    case .keepsPreviousToken: .keepsPreviousToken
    case .retriesAtOnce: .retriesAtOnce
    case .fixedBackoff: .fixedBackoff
    case .backoffWithoutJitter: .backoffWithoutJitter
    case .decorrelatedJitter: .decorrelatedJitter
    case .ignoresRetryAfter: .ignoresRetryAfter
    case .startsWithJitter: .startsWithJitter
    }
  }
}
