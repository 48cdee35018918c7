import DeviceProtocol

// Payloads that the device is shown, whatever it is doing.

extension Device {
  /// After a short press of its button a scale takes a payload for this long.
  private static let handoverMilliseconds: UInt32 = 120_000
  /// Holding the button this long is a factory reset.
  private static let resetHoldMilliseconds: UInt32 = 5_000

  mutating func button(heldMilliseconds: UInt32, now: Instant) {
    if heldMilliseconds >= Self.resetHoldMilliseconds {
      self.beginFactoryReset(now: now)
    } else if self.manufacture.kind == .scale {
      self.handoverEnds = now.advanced(byMilliseconds: Self.handoverMilliseconds)
    }
  }

  /// - Parameter kind: Of the devices that take payloads in this way.
  mutating func payloadShown(_ text: [UInt8], by kind: DeviceKind, now: Instant) {
    guard kind == self.manufacture.kind, self.takesPayloads(now: now) else {
      self.report(.payload(.notReady))
      return
    }
    do throws(PairingPayloadError) {
      self.payloadRead(try PairingPayload(parsing: text), now: now)
    } catch {
      self.report(.payload(.malformed(error)))
    }
  }

  private mutating func payloadRead(_ payload: PairingPayload, now: Instant) {
    guard let pairing = payload.pairing else {
      guard self.state.takesNetwork else {
        self.report(.payload(.notReady))
        return
      }
      self.report(.payload(.accepted))
      self.cloudBackoff.reset()
      self.changeNetwork(to: payload.wifi, now: now)
      return
    }
    guard Origin.areEqual(pairing.cloud, self.manufacture.cloud) else {
      self.report(.payload(.otherCloud))
      return
    }
    guard self.state.takesPairing else {
      self.report(.payload(.notReady))
      return
    }
    self.report(.payload(.accepted))
    self.cloudBackoff.reset()
    self.changeNetwork(to: payload.wifi, now: now)
    self.write(.pairing, pairing.token)
    self.state = .joiningWiFi(.pair(token: pairing.token))
  }

  private func takesPayloads(now: Instant) -> Bool {
    switch self.manufacture.kind {
    case .camera: true
    case .scale: self.handoverEnds.map { now < $0 } ?? false
    }
  }
}

extension Lifecycle {
  /// Whether a payload may change the network.
  fileprivate var takesNetwork: Bool {
    switch self {
    case .factory, .resetting: false
    case .joiningWiFi, .pairing, .online, .offline, .loggedOut: true
    }
  }

  /// Whether a payload may pair the device: not once it has credentials.
  fileprivate var takesPairing: Bool {
    switch self {
    case .factory, .joiningWiFi(.pair), .pairing(.waiting), .pairing(.requesting),
      .loggedOut(.unlinked), .loggedOut(.waiting), .loggedOut(.asking),
      .loggedOut(.waitingForPayload):
      true
    case .joiningWiFi, .pairing, .online, .offline, .loggedOut, .resetting:
      false
    }
  }
}

/// Origins of `https` as text (RFC 6454): equal but for the case of letters, a `/` at the end and
/// the default port.
enum Origin {
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    self.normalized(left).elementsEqual(self.normalized(right))
  }

  private static func normalized(_ origin: [UInt8]) -> ArraySlice<UInt8> {
    var rest = origin.map { $0.asciiLowercased }[...]
    if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    let defaultPort = [UInt8](":443")
    if rest.suffix(defaultPort.count).elementsEqual(defaultPort) {
      rest.removeLast(defaultPort.count)
    }
    return rest
  }
}
