import DeviceProtocol

/// Where a device stands with its owner and the cloud; each state carries only what is valid in it.
/// What is large and soon over is kept elsewhere, so that it does not make the others as large.
///
///     factory → joiningWiFi → pairing → online ⇄ offline, loggedOut
enum Lifecycle {
  case factory
  case joiningWiFi(Errand)
  case pairing(Pairing)
  case online(Online)
  case offline(Offline)
  case loggedOut(LoggedOut)
  /// A factory reset tells the cloud first.
  case resetting(Unbinding)

  /// What the network is joined for.
  enum Errand {
    case pair(token: [UInt8])
    /// After power on, with the credentials of flash.
    case resume(Credentials)
  }

  /// The network is joined.
  enum Pairing {
    case waiting(token: [UInt8], until: Instant)
    case requesting(token: [UInt8], RequestID)
    indirect case storing(token: [UInt8], Grant)
    /// Paired; the first event stream is being opened.
    case connecting(Credentials, AccessToken, deadline: Instant)
  }

  /// Paired, without an event stream.
  enum Offline {
    /// No network is joined.
    case unlinked(Credentials, AccessToken?)
    case renewing(Credentials, Renewal)
    case waitingToConnect(Credentials, AccessToken, until: Instant)
    case connecting(Credentials, AccessToken, deadline: Instant)
  }

  /// The event stream is open.
  struct Online {
    var credentials: Credentials
    var access: AccessToken
    /// When the stream opened first; a change of the access token does not count.
    let since: Instant
    /// Whether it has lasted so long that earlier failures no longer count.
    var isStable = false
    var renewal: Renewal
    /// The stream is being opened anew, with a new access token.
    var isReopening = false
    var heartbeat: Beat
    var delivery: Delivery

    enum Beat {
      case due(at: Instant)
      case sent(RequestID, at: Instant)
    }

    /// `singles`: of the oldest, so many go one by one, because the cloud refused them together.
    enum Delivery {
      case possible(from: Instant, singles: UInt32)
      indirect case sent(RequestID, RequestName, sequences: [UInt32], singles: UInt32)
    }
  }

  /// A refresh of the access token; there is never more than one.
  enum Renewal {
    case waiting(until: Instant)
    /// The refresh token is being removed from flash before it is sent.
    case removing
    case requesting(RequestID, usesPrevious: Bool)
    indirect case storing(Grant)
  }

  /// Credentials refused for good; Wi-Fi and identity are kept.
  enum LoggedOut {
    /// No network is joined.
    case unlinked
    case waiting(until: Instant)
    case asking(RequestID)
    indirect case storing(Grant)
    /// Only a pairing payload helps.
    case waitingForPayload
  }

  struct Unbinding {
    let request: RequestID
    let deadline: Instant
    /// What the device was when the reset began.
    let name: LifecycleName
  }

  var name: LifecycleName {
    switch self {
    case .factory: .factory
    case .joiningWiFi: .joiningWiFi
    case .pairing: .pairing
    case .online: .online
    case .offline: .offline
    case .loggedOut: .loggedOut
    case .resetting(let unbinding): unbinding.name
    }
  }

  /// The access token, if the cloud may still accept it.
  var access: AccessToken? {
    switch self {
    case .online(let online): online.access
    case .pairing(.connecting(_, let access, _)): access
    case .offline(.connecting(_, let access, _)): access
    case .offline(.waitingToConnect(_, let access, _)): access
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting: nil
    }
  }

  /// Whether an event stream is open or being opened.
  var hasStream: Bool {
    switch self {
    case .online, .pairing(.connecting), .offline(.connecting): true
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting: false
    }
  }

  /// The refresh of the access token, and the credentials for it.
  var renewal: (credentials: Credentials, step: Renewal)? {
    switch self {
    case .online(let online): (online.credentials, online.renewal)
    case .offline(.renewing(let credentials, let renewal)): (credentials, renewal)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting: nil
    }
  }

  /// The request that is to refresh the access token, if one is under way. Without a copy of the
  /// credentials, as it is asked for at each answer.
  var requestedRenewal: (id: RequestID, usesPrevious: Bool)? {
    switch self {
    case .online(let online):
      if case .requesting(let id, let usesPrevious) = online.renewal {
        (id, usesPrevious)
      } else {
        nil
      }
    case .offline(.renewing(_, .requesting(let id, let usesPrevious))): (id, usesPrevious)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting: nil
    }
  }

  /// Since when the event stream is open, if that has not lasted long enough yet.
  var unstableSince: Instant? {
    guard case .online(let online) = self, !online.isStable else { return nil }
    return online.since
  }

  /// The same state with the refresh of the access token at another step.
  func with(_ step: Renewal) -> Lifecycle {
    switch self {
    case .online(var online):
      online.renewal = step
      return .online(online)
    case .offline(.renewing(let credentials, _)):
      return .offline(.renewing(credentials, step))
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      return self
    }
  }

  /// When something is to be done if nothing happens until then. What depends on the queues is not
  /// in it.
  var deadline: Instant? {
    switch self {
    case .pairing(.waiting(_, let until)), .offline(.renewing(_, .waiting(let until))),
      .offline(.waitingToConnect(_, _, let until)), .loggedOut(.waiting(let until)),
      .pairing(.connecting(_, _, let until)), .offline(.connecting(_, _, let until)):
      return until
    case .resetting(let unbinding):
      return unbinding.deadline
    case .online(let online):
      return online.deadline
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut:
      return nil
    }
  }
}

extension Lifecycle.Online {
  fileprivate var deadline: Instant? {
    var deadline: Instant?
    if case .waiting(let until) = self.renewal { deadline = until }
    if case .due(let at) = self.heartbeat { deadline = min(deadline ?? at, at) }
    return deadline
  }
}
