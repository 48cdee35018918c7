/// Paths of the cloud's public listener that devices use.
package enum Endpoint: WireWord {
  case token, events, heartbeat, motions, measurements, binding

  package var text: StaticString {
    switch self {
    case .token: "/oauth/token"
    case .events: "/v1/events"
    case .heartbeat: "/v1/device/heartbeat"
    case .motions: "/v1/device/motions"
    case .measurements: "/v1/device/measurements"
    case .binding: "/v1/device/binding"
    }
  }
}

/// The `event` of a server-sent event.
package enum StreamEventName: WireWord {
  case ready, loggedOut, expired, device

  package var text: StaticString {
    switch self {
    case .ready: "ready"
    case .loggedOut: "logged_out"
    case .expired: "expired"
    case .device: "device"
    }
  }
}
