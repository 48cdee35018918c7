import CloudCore
import DeviceCore
import DeviceProtocol

// Whether what a scenario demands is so.

extension World {
  /// What is not as it should be.
  struct Shortfall {
    var seen: String
    /// Of "Always true", if it is not to be put down to the scenario.
    var rule = 6
    var device: Int?
  }

  /// Something that is not as it should be; nil if everything is.
  func failure(of expectation: Expectation) -> Shortfall? {
    self.failures(of: expectation, atMost: 1).first
  }

  /// The first of those who are not as they should be, with what is seen of the next few, and how many
  /// more there are.
  func wholeFailure(of expectation: Expectation) -> Shortfall? {
    let failures = self.failures(of: expectation, atMost: .max)
    guard var whole = failures.first else { return nil }
    whole.seen = failures.prefix(8).map(\.seen).joined(separator: "; ")
    if failures.count > 8 { whole.seen += "; and \(failures.count - 8) more" }
    return whole
  }

  /// One for each who is not as expected.
  private func failures(of expectation: Expectation, atMost limit: Int) -> [Shortfall] {
    var failures: [Shortfall] = []
    switch expectation.subject {
    case .devices(.fleet):
      return self.fleetFailure(of: expectation).map { [Shortfall(seen: $0)] } ?? []
    case .devices(let selection):
      for index in self.indices(of: selection) where failures.count < limit {
        let shortfall = expectation.conditions.lazy.compactMap {
          self.shortfall($0, device: index)
        }.first
        guard let shortfall else { continue }
        let nickname = self.devices[index].specification.nickname
        failures.append(
          Shortfall(
            seen: "\(nickname) has \(shortfall.seen)", rule: shortfall.rule, device: index))
      }
    case .owners(let selection):
      for app in self.apps(of: selection) where failures.count < limit {
        for case .loggedIn(let expected) in expectation.conditions
        where self.isLoggedIn(app) != expected {
          failures.append(
            Shortfall(seen: "\(self.apps[app].email) is logged \(expected ? "out" : "in")"))
        }
      }
    }
    return failures
  }

  /// Of a fleet only how many are on line is watched: looking at each would take too long.
  private func fleetFailure(of expectation: Expectation) -> String? {
    for condition in expectation.conditions {
      guard condition == .state(.online) else { return "that cannot be asked of a fleet" }
      let count = self.devices.count - self.scenario.devices.count
      let online = self.storm.onlineCount
      if online < count { return "\(online) of \(count) are on line" }
    }
    return nil
  }

  private func shortfall(_ condition: Expectation.Condition, device index: Int) -> Shortfall? {
    if condition == .settled { return self.unsettled(index) }
    return self.mismatch(condition, device: index).map { Shortfall(seen: $0) }
  }

  /// What is seen instead; nil if the condition holds.
  private func mismatch(_ condition: Expectation.Condition, device index: Int) -> String? {
    let node = self.devices[index]
    switch condition {
    case .state(let expected):
      let state = node.core.lifecycle.word
      guard node.hasPower else { return "no power" }
      return state == expected ? nil : "state \(state.inWords)"
    case .payload(let expected):
      return node.seen.payload == expected
        ? nil : "payload \(node.seen.payload.map { "\($0.text)" } ?? "not shown")"
    case .wifi(let expected):
      return node.seen.wifi == expected
        ? nil : "Wi-Fi \(node.seen.wifi.map { "\($0.text)" } ?? "not joined")"
    case .binding(let email):
      let owner = self.record(of: index)?.owner
      let expected = email.flatMap { email in self.apps.first { $0.email == email }?.account }
      let seen = self.apps.first { $0.account != nil && $0.account == owner }?.email
      return owner == expected && (email == nil) == (owner == nil)
        ? nil : "binding to \(seen ?? "nobody")"
    case .session(let expected):
      let state = self.sessionState(of: index)
      return state == expected ? nil : "session \(state.rawValue)"
    case .recordings, .everythingRecorded:
      // They are what the owner sees.
      if let owner = self.record(of: index)?.owner,
        let app = self.apps.firstIndex(where: { $0.account == owner }), !self.isLoggedIn(app)
      {
        return "an owner who is logged out"
      }
      return self.mismatchOfRecordings(condition, device: index)
    case .settled: return self.unsettled(index)?.seen
    case .loggedIn: return "no login of its own"
    }
  }

  private func mismatchOfRecordings(
    _ condition: Expectation.Condition, device index: Int
  ) -> String? {
    guard case .recordings(let count) = condition else { return self.recordingMismatch(index) }
    let seen = self.recordings(of: index).count
    return seen == count ? nil : "\(seen) recordings"
  }

  private func unsettled(_ index: Int) -> Shortfall? {
    let node = self.devices[index]
    let state = node.core.lifecycle
    guard node.hasPower, let owner = self.record(of: index)?.owner,
      let app = self.apps.firstIndex(where: { $0.account == owner }), self.isLoggedIn(app),
      // A database that was restored may have an earlier owner.
      node.seen.account == nil || node.seen.account == owner
    else { return nil }
    let wrong = Shortfall(seen: "state \(state.word.inWords)")
    guard let credentials = node.core.chosenNetwork else {
      guard state == .factory else {
        return Shortfall(seen: "no network to join, and has been paired")
      }
      return self.mayBeAsLeftFactory(index) ? nil : wrong
    }
    guard case .joined = self.homes[node.specification.home].join(credentials) else { return nil }
    switch state {
    case .online:
      guard node.core.pendingMeasurementCount == 0 else {
        return Shortfall(seen: "measurements not delivered", rule: 8)
      }
      return self.recordingMismatch(index).map { Shortfall(seen: $0, rule: 8) }
    case .factory: return self.mayBeAsLeftFactory(index) ? nil : wrong
    case .joiningWiFi, .pairing:
      // A pairing that the cloud will not have is not the device's to complete.
      return node.seen.binding == nil ? nil : wrong
    case .offline: return wrong
    case .loggedOut: return self.mayNeedPayload(index) ? nil : wrong
    }
  }

  /// After a reset off line the cloud knows of no change yet; nor does a device of a pairing whose
  /// answer it never got, and that it was refused then.
  private func mayBeAsLeftFactory(_ index: Int) -> Bool {
    !self.devices[index].seen.hasBeenPaired
  }

  /// Whether only a new payload brings the device back.
  private func mayNeedPayload(_ index: Int) -> Bool {
    self.record(of: index)?.relinkPolicy == .pair || self.devices[index].seen.isToldToPair
  }

  /// Compares what the owner sees with what the device was used for. What it was used for while it
  /// was not clear whose it is may be there, too.
  private func recordingMismatch(_ index: Int) -> String? {
    let node = self.devices[index]
    let seen = self.recordings(of: index)
    if node.specification.kind == .camera {
      let times = Set(seen.map(\.at))
      guard times.count == seen.count else { return "a motion recorded twice" }
      return seen.count >= min(node.seen.recorded.count, 1_000)
        ? nil : "\(seen.count) motions, and saw \(node.seen.recorded.count)"
    }
    let weights = Set(seen.map(\.weightGrams))
    guard weights.count == seen.count else { return "a measurement recorded twice" }
    let missing = node.seen.recorded.filter { !weights.contains($0) }
    return missing.isEmpty
      ? nil : "\(missing.count) of \(node.seen.recorded.count) measurements lost"
  }

  // MARK: What the cloud knows

  func record(of index: Int) -> DeviceRecord? {
    let id = self.devices[index].specification.id
    return self.reading { try $0.device(id) } ?? nil
  }

  /// As the cloud's list shows it.
  func recordings(of index: Int) -> [Recording] {
    let id = self.devices[index].specification.id
    let kind = self.devices[index].specification.kind
    let recordings = self.reading { reader in
      switch kind {
      case .camera:
        try reader.motions(of: id, limit: .max).map {
          Recording(sequence: $0.sequence, at: $0.at, weightGrams: 0)
        }
      case .scale:
        try reader.measurements(of: id, limit: .max).map {
          Recording(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
        }
      }
    }
    return recordings ?? []
  }

  private func sessionState(of index: Int) -> DeviceSessionState {
    guard let session = self.record(of: index)?.session else { return .none }
    return self.isLive(session) ? .live : .dead
  }

  /// As the cloud has it: an app may not have noticed yet.
  private func isLoggedIn(_ app: Int) -> Bool {
    self.apps[app].tokens?.session.map { self.isLive($0) } ?? false
  }

  private func isLive(_ session: SessionID) -> Bool {
    let isLive = self.reading { reader in
      guard let session = try reader.session(session) else { return false }
      return try self.cloud.front.cloud.isLive(session, in: reader, at: self.cloudTime)
    }
    return isLive ?? false
  }

  private func reading<Value>(_ body: (any StoreReader) throws -> Value) -> Value? {
    try? self.cloud.store.reading(body)
  }
}
