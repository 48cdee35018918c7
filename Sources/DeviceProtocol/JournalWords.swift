/// The `event` of a line of the device's journal.
package enum JournalEvent: WireWord {
  case booted, state, wifi, payload, request, stored, backoff, loggedOut, tls, connect, power

  package var text: StaticString {
    switch self {
    case .booted: "booted"
    case .state: "state"
    case .wifi: "wifi"
    case .payload: "payload"
    case .request: "request"
    case .stored: "stored"
    case .backoff: "backoff"
    case .loggedOut: "loggedOut"
    case .tls: "tls"
    case .connect: "connect"
    case .power: "power"
    }
  }
}

/// `from` and `to` of `state`.
package enum JournalState: WireWord {
  case factory, joiningWiFi, pairing, online, offline, loggedOut

  package var text: StaticString {
    switch self {
    case .factory: "factory"
    case .joiningWiFi: "joiningWiFi"
    case .pairing: "pairing"
    case .online: "online"
    case .offline: "offline"
    case .loggedOut: "loggedOut"
    }
  }
}

/// `result` of `wifi`.
package enum JournalWiFiResult: WireWord {
  case joined, networkNotFound, wrongPassphrase, routerDown, lost

  package var text: StaticString {
    switch self {
    case .joined: "joined"
    case .networkNotFound: "networkNotFound"
    case .wrongPassphrase: "wrongPassphrase"
    case .routerDown: "routerDown"
    case .lost: "lost"
    }
  }
}

/// `result` of `payload`.
package enum JournalPayloadResult: WireWord {
  case accepted, malformed, expired, used, otherCloud, unknown, alreadyBound, notReady

  package var text: StaticString {
    switch self {
    case .accepted: "accepted"
    case .malformed: "malformed"
    case .expired: "expired"
    case .used: "used"
    case .otherCloud: "otherCloud"
    case .unknown: "unknown"
    case .alreadyBound: "alreadyBound"
    case .notReady: "notReady"
    }
  }
}

/// `name` of `request`.
package enum JournalRequestName: WireWord {
  case pair, refresh, relink, heartbeat, motions, measurements, unbind, stream

  package var text: StaticString {
    switch self {
    case .pair: "pair"
    case .refresh: "refresh"
    case .relink: "relink"
    case .heartbeat: "heartbeat"
    case .motions: "motions"
    case .measurements: "measurements"
    case .unbind: "unbind"
    case .stream: "stream"
    }
  }
}

/// `outcome` of `request`.
package enum JournalRequestOutcome: WireWord {
  case sent, ok, refused, failed, ended, discarded

  package var text: StaticString {
    switch self {
    case .sent: "sent"
    case .ok: "ok"
    case .refused: "refused"
    case .failed: "failed"
    case .ended: "ended"
    case .discarded: "discarded"
    }
  }
}

/// `result` of `tls`.
package enum JournalTLSResult: WireWord {
  case verified, unknownAuthority, wrongHost, expired, failed

  package var text: StaticString {
    switch self {
    case .verified: "verified"
    case .unknownAuthority: "unknownAuthority"
    case .wrongHost: "wrongHost"
    case .expired: "expired"
    case .failed: "failed"
    }
  }
}

/// `result` of `connect`.
package enum JournalConnectResult: WireWord {
  case noRoute, refused, timedOut, reset

  package var text: StaticString {
    switch self {
    case .noRoute: "noRoute"
    case .refused: "refused"
    case .timedOut: "timedOut"
    case .reset: "reset"
    }
  }
}

/// `state` of `power`.
package enum JournalPowerState: WireWord {
  case on, cut

  package var text: StaticString {
    switch self {
    case .on: "on"
    case .cut: "cut"
    }
  }
}
