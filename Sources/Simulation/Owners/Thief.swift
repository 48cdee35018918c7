import CloudCore
import DeviceCore
import DeviceProtocol

/// Somebody who has copied refresh tokens, those of devices with their private keys.
struct Thief {
  struct Copy {
    let name: String
    let refreshToken: String
    let accessToken: String?
    /// Whose flash was copied; nil for an app's token.
    let device: Int?
    let kind: ClientKind
    /// Whose app's token it is; nil for a device's.
    var email: String?
  }

  /// A replay under way.
  struct Attempt {
    let step: Step
    let name: String
    let expected: Action.ReplayAnswer?
    var pending: Int
    var answers: [String] = []
    var successors: [String] = []
    /// Whether the policy gives another successor each time, of which one is live.
    var mayHaveSuccessors = false
  }

  var copies: [Copy] = [] {
    didSet { self.heldTokens.formUnion(self.copies.map(\.refreshToken)) }
  }
  /// The refresh tokens of all copies that there have been.
  private(set) var heldTokens: Set<String> = []
  var attempt: Attempt?
  var random: SeededRandom

  init(random: SeededRandom) { self.random = random }
}

extension World {
  mutating func steal(from holder: Action.TokenHolder, as name: String, line: Int?) {
    switch holder {
    case .owner(let email):
      guard let app = self.apps.firstIndex(where: { $0.email == email }),
        let tokens = self.apps[app].tokens
      else { return self.cannot("\(email) has no tokens to steal", line: line) }
      self.thief.copies.removeAll { $0.name == name }
      self.thief.copies.append(
        Thief.Copy(
          name: name, refreshToken: tokens.refresh, accessToken: tokens.access, device: nil,
          kind: .app, email: email))
    case .device(let nickname):
      guard let index = self.index(of: nickname),
        let token = self.devices[index].seen.refreshToken
      else { return self.cannot("\(nickname) has no tokens to steal", line: line) }
      self.thief.copies.removeAll { $0.name == name }
      self.thief.copies.append(
        Thief.Copy(
          name: name, refreshToken: token, accessToken: self.devices[index].seen.accessToken,
          device: index,
          kind: ClientKind(self.devices[index].specification.kind)))
    }
  }

  /// - Returns: False if there is no such copy, since there was nothing to steal when it was drawn.
  mutating func replay(
    _ name: String, atOnce count: Int, expecting expected: Action.ReplayAnswer?, step: Step
  ) -> Bool {
    guard let copy = self.thief.copies.firstIndex(where: { $0.name == name }) else { return false }
    self.thief.attempt = Thief.Attempt(
      step: step, name: name, expected: expected, pending: count)
    let policy = self.cloud.settings.policy(of: self.thief.copies[copy].kind)
    if case .grace = policy.rotation { self.thief.attempt?.mayHaveSuccessors = true }
    self.probe(copy)
    for _ in 0..<count {
      self.counters.count(.requests, of: self.devices.count + self.apps.count)
      let exchange = Exchange(
        client: .thief(copy),
        request: .refresh(
          token: self.thief.copies[copy].refreshToken, kind: self.thief.copies[copy].kind),
        kind: .refresh, sentAt: self.now)
      // A thief has a good line: no weather, and no fault of the scenario is meant for it.
      let place = self.exchanges.add(exchange)
      self.add(.arrives(exchange: place), afterMilliseconds: self.travelTime())
    }
    return true
  }

  /// A copied access token is tried at every kind of route, and a device's refresh token without its
  /// key too; who has an owner's guesses the password. What must come of that the model knows.
  private mutating func probe(_ index: Int) {
    let copy = self.thief.copies[index]
    if copy.device != nil {
      self.sendProbe(.refresh(token: copy.refreshToken, kind: copy.kind), index, hasKey: false)
    } else if let email = copy.email {
      self.sendProbe(.authorize(email: email, isPasswordRight: false), index, hasKey: false)
    }
    guard let token = copy.accessToken else { return }
    if copy.device != nil {
      self.sendProbe(.resource(accessToken: token, .session), index, hasKey: false)
    }
    for resource in self.resources(for: copy) {
      self.sendProbe(.resource(accessToken: token, resource), index, hasKey: true)
    }
  }

  private func resources(for copy: Thief.Copy) -> [ObservedRequest.Resource] {
    guard let device = copy.device else {
      return [.session, .events, .devices, .createPairingToken(nil)]
        + self.devices.prefix(3).map { .motions(of: $0.id) }
    }
    let ssid = self.devices[device].specification.ssid
    let report = HeartbeatReport(
      uptimeMilliseconds: 1, ssid: ssid, signalDBm: -50, firmwareVersion: "9.9.9")
    return [.session, .events, .heartbeat(report), .record([])]
  }

  private mutating func sendProbe(_ request: ObservedRequest, _ copy: Int, hasKey: Bool) {
    let place = self.exchanges.add(
      Exchange(
        client: .probe(copy: copy, hasKey: hasKey), request: request, kind: .any,
        sentAt: self.now))
    self.add(.arrives(exchange: place), afterMilliseconds: self.travelTime())
  }

  mutating func thiefAnswered(_ end: Exchange.End, request: ObservedRequest) {
    guard self.thief.attempt != nil else { return }
    self.thief.attempt?.pending -= 1
    switch end {
    case .answer(let handled):
      switch handled.answer {
      case .tokens(_, let refresh, _, _, _, _, _):
        self.thief.attempt?.answers.append(Action.ReplayAnswer.accepted.rawValue)
        self.thief.attempt?.successors.append(refresh)
      case .refused(_, let reason): self.thief.attempt?.answers.append(reason)
      default: self.thief.attempt?.answers.append("answered")
      }
    case .status(let status, _): self.thief.attempt?.answers.append("\(status)")
    case .malformed: self.thief.attempt?.answers.append("malformed")
    case .failure(let failure): self.thief.attempt?.answers.append("\(failure)")
    }
    guard let attempt = self.thief.attempt, attempt.pending <= 0 else { return }
    self.thief.attempt = nil
    self.director.wantsTurn = true
    self.judge(attempt)
  }

  private mutating func judge(_ attempt: Thief.Attempt) {
    self.note("thief", "replayed", [("answers", attempt.answers.joined(separator: " "))])
    var failure: String?
    if let expected = attempt.expected {
      // Of several at once, the first may be taken and the others told otherwise.
      let isMet =
        attempt.answers.count == 1
        ? attempt.answers == [expected.rawValue] : attempt.answers.contains(expected.rawValue)
      if !isMet { failure = "it was answered \(attempt.answers.joined(separator: ", "))" }
    }
    if Set(attempt.successors).count > 1, !attempt.mayHaveSuccessors {
      self.violate(2, "\(Set(attempt.successors).count) successors of one refresh token")
    }
    guard let expected = attempt.expected else { return }
    self.outcome.verdicts.append(
      Verdict(
        line: attempt.step.line,
        claim: "the copy \(attempt.name) is answered \(expected.rawValue)", failure: failure))
  }
}
