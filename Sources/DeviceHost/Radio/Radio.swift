package import DeviceCore
package import DeviceProtocol

/// The device's radio: which networks are in reach is the world's affair, and whether one can be
/// joined follows from them.
package final class Radio {
  private var inReach: [AccessPoint]
  /// In reach whatever the world says.
  private let always: [AccessPoint]
  private var joined: Joined?

  private struct Joined {
    let credentials: WiFiCredentials
    var accessPoint: AccessPoint
  }

  package enum JoinVerdict: Equatable {
    case joined(AccessPoint)
    case failed(WiFiFailure)
  }

  /// - Parameter always: Access points in reach from now on and for good.
  package init(always: [AccessPoint]) {
    self.inReach = []
    self.always = always
  }

  /// The name of the network that is joined.
  package var ssid: SSID? { self.joined?.credentials.ssid }

  /// Of the network that is joined.
  package var signalDBm: Int8? { self.joined?.accessPoint.signalDBm }

  /// Whether packets reach the cloud.
  package var hasRoute: Bool { self.joined?.accessPoint.hasInternet == true }

  /// Joins the network of these credentials and leaves the one before.
  package func join(_ credentials: WiFiCredentials) -> JoinVerdict {
    let verdict = self.verdict(on: credentials)
    if case .joined(let accessPoint) = verdict {
      self.joined = Joined(credentials: credentials, accessPoint: accessPoint)
    } else {
      self.joined = nil
    }
    return verdict
  }

  package func leave() { self.joined = nil }

  /// Other networks are in reach from now on.
  ///
  /// - Returns: Whether the network that was joined is lost: it is gone, its router is down, or its
  ///   passphrase is another. Another of its access points takes over unnoticed.
  package func airChanged(to networks: [AccessPoint]) -> Bool {
    self.inReach = networks
    guard let before = self.joined else { return false }
    guard case .joined = self.join(before.credentials) else { return true }
    return false
  }

  /// Of the access points of the network, the strongest that works decides; if none does, the one
  /// that a device comes furthest with.
  private func verdict(on credentials: WiFiCredentials) -> JoinVerdict {
    let found = (self.always + self.inReach)
      .filter { $0.isFound(by: credentials) }
      .sorted { $0.signalDBm > $1.signalDBm }
    guard !found.isEmpty else { return .failed(.networkNotFound) }
    let accepting = found.filter { $0.accepts(credentials) }
    guard !accepting.isEmpty else { return .failed(.wrongPassphrase) }
    guard let working = accepting.first(where: \.isRouterUp) else { return .failed(.routerDown) }
    return .joined(working)
  }
}
