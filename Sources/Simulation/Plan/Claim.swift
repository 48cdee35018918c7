package import CloudCore
package import DeviceProtocol

/// What must be so: now, within a time, or throughout one.
package struct Expectation: Equatable, Sendable {
  package var subject: Subject
  /// All of them.
  package var conditions: [Condition]
  package var time: Time

  package init(_ subject: Subject, _ conditions: [Condition], _ time: Time = .now) {
    self.subject = subject
    self.conditions = conditions
    self.time = time
  }

  package enum Subject: Equatable, Sendable {
    case devices(DeviceSelection)
    case owners(OwnerSelection)
  }

  package enum Time: Equatable, Sendable {
    case now
    case within(Duration)
    case throughout(Duration)
  }

  package enum Condition: Equatable, Sendable {
    /// Of a device.
    case state(JournalState)
    /// Of a device, by the cloud's account: its owner; nil for nobody.
    case binding(String?)
    /// Of a device, by the cloud's account.
    case session(DeviceSessionState)
    /// What became of the payload that the device was shown last.
    case payload(JournalPayloadResult)
    /// How its last attempt to join a network ended.
    case wifi(JournalWiFiResult)
    /// As many recordings of it as this does its owner see.
    case recordings(Int)
    /// Its owner sees everything that it was used for under this owner, each once.
    case everythingRecorded
    /// On line and with everything recorded, unless something that lasts keeps the device from it:
    /// it has no owner, or another than it believes, knows no network of its home, or may only come
    /// back with a new payload. Rules 6 and 8.
    case settled
    /// Of an owner: whether the app is logged in.
    case loggedIn(Bool)
  }
}

/// What is counted over a run, or a part of it, and what the number must be.
package struct Claim: Equatable, Sendable {
  package var quantity: Quantity
  package var of: Subject
  package var bound: Bound
  /// From this mark on; nil for the beginning.
  package var since: String?
  /// Until this mark; nil for the end.
  package var until: String?
  package var line: Int?

  package init(_ quantity: Quantity, of subject: Subject, _ bound: Bound) {
    self.quantity = quantity
    self.of = subject
    self.bound = bound
  }

  package enum Subject: Equatable, Sendable {
    case everybody
    /// Each for itself.
    case devices(DeviceSelection)
    case owner(String)
    /// All links of the fleet to platforms together.
    case links
  }

  package enum Bound: Equatable, Sendable {
    case exactly(Int)
    case atLeast(Int)
    case atMost(Int)

    package func holds(for number: Int) -> Bool {
      switch self {
      case .exactly(let count): number == count
      case .atLeast(let count): number >= count
      case .atMost(let count): number <= count
      }
    }
  }

  package enum Quantity: Equatable, Sendable {
    /// Whether it is about who is back, which is watched from the last mark on.
    var isOfReturn: Bool {
      switch self {
      case .secondsUntilBack, .percentBack, .percentOfOwnersBack, .mostRequestsPerDevice: true
      case .counter, .peakPercent, .peakPerSecond: false
      }
    }

    case counter(Counter)
    /// The busiest second's requests, in percent of the steady rate before `since`.
    case peakPercent
    /// The requests of the busiest second.
    case peakPerSecond
    /// Seconds from `since` until so many percent of the devices are on line.
    case secondsUntilBack(percent: Int)
    /// Of the devices, so many percent (rounded down) were on line again within this time after
    /// `since`.
    case percentBack(after: Duration)
    /// Likewise of the owners, logged in again.
    case percentOfOwnersBack(after: Duration)
    /// The most requests that one device needed from `since` until it was on line.
    case mostRequestsPerDevice
  }

  /// Counted for each client, as its journal tells it.
  package enum Counter: String, CaseIterable, Sendable {
    /// Refreshes that were answered with new tokens.
    case refreshes
    /// Refreshes without an answer, or with a refusal.
    case failedRefreshes = "failed_refreshes"
    case pairings
    case relinks
    /// Relink grants that were asked for, whatever the answer.
    case relinkRequests = "relink_requests"
    case logins
    /// Times that the client noticed that it is logged out.
    case logouts
    /// Requests of all kinds, streams too.
    case requests
    /// Requests with a token that was dead when they reached the cloud.
    case deadTokenRequests = "dead_token_requests"
    /// Of those the ones that were accepted.
    case deadTokensAccepted = "dead_tokens_accepted"
    case heartbeats
    case boots
    /// Different sessions that the client has had.
    case sessions
    /// Replays that the cloud took for theft.
    case replays
  }
}
