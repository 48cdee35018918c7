package import DeviceProtocol

// The words of the journal (`docs/protocol.md`) for what a device reports.

extension LifecycleName {
  package var word: JournalState {
    switch self {
    case .factory: .factory
    case .joiningWiFi: .joiningWiFi
    case .pairing: .pairing
    case .online: .online
    case .offline: .offline
    case .loggedOut: .loggedOut
    }
  }
}

extension WiFiReport {
  package var word: JournalWiFiResult {
    switch self {
    case .joined: .joined
    case .lost: .lost
    case .failed(.networkNotFound): .networkNotFound
    case .failed(.wrongPassphrase): .wrongPassphrase
    case .failed(.routerDown): .routerDown
    }
  }
}

extension PayloadVerdict {
  package var word: JournalPayloadResult {
    switch self {
    case .accepted: .accepted
    case .malformed: .malformed
    case .otherCloud: .otherCloud
    case .expired: .expired
    case .used: .used
    case .unknown: .unknown
    case .alreadyBound: .alreadyBound
    case .notReady: .notReady
    }
  }
}

extension RequestName {
  package var word: JournalRequestName {
    switch self {
    case .pair: .pair
    case .refresh: .refresh
    case .relink: .relink
    case .heartbeat: .heartbeat
    case .motions: .motions
    case .measurements: .measurements
    case .unbind: .unbind
    case .stream: .stream
    }
  }
}

extension RequestOutcome {
  package var word: JournalRequestOutcome {
    switch self {
    case .sent: .sent
    case .ok: .ok
    case .refused: .refused
    case .failed: .failed
    case .ended: .ended
    case .discarded: .discarded
    }
  }
}
