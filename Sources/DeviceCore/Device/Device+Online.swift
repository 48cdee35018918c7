import DeviceProtocol

// Heartbeats and deliveries.

extension Device {
  mutating func sendDueHeartbeat(now: Instant) {
    guard case .online(var online) = self.state, case .due(let at) = online.heartbeat, at <= now,
      let (ssid, signal) = self.wifi.joined
    else { return }
    let heartbeat = Heartbeat(
      uptimeMilliseconds: now.milliseconds(since: self.bootedAt ?? now), ssid: ssid,
      signalDBm: signal, firmwareVersion: self.firmware.version)
    let id = self.send(
      .heartbeat, .post, .heartbeat, accessToken: online.access.bytes, contentType: .json,
      body: heartbeat.bytes)
    online.heartbeat = .sent(id, at: now)
    self.state = .online(online)
  }

  /// A heartbeat that is lost is not sent again; the next one follows in its time.
  mutating func heartbeatEnded(
    _ answer: Answer, sentAt: Instant, _ online: Lifecycle.Online, now: Instant
  ) {
    self.reportOutcome(of: .heartbeat, answer)
    if case .response(let response) = answer, response.status == 401 {
      self.resourceRefused(response, streamIsOpen: true, now: now)
      return
    }
    let wait = min(answer.retryAfterSeconds ?? 0, Backoff.retryAfterLimitSeconds) * 1_000
    var online = online
    online.heartbeat = .due(
      at: max(
        sentAt.advanced(byMilliseconds: max(1, self.timing.heartbeatMilliseconds)),
        now.advanced(byMilliseconds: wait)))
    self.state = .online(online)
  }

  /// When the next delivery may begin; nil when there is none to make.
  var deliveryDeadline: Instant? {
    guard self.sensor.hasBatch, case .online(let online) = self.state,
      case .possible(let from, _) = online.delivery
    else { return nil }
    return from
  }

  mutating func deliver(now: Instant) {
    guard self.sensor.hasBatch, case .online(var online) = self.state,
      case .possible(let from, let singles) = online.delivery, from <= now,
      let batch = self.sensor.nextBatch(isSingle: singles > 0)
    else { return }
    let id = self.send(
      batch.name, .post, batch.endpoint, accessToken: online.access.bytes, contentType: .json,
      body: batch.body)
    online.delivery = .sent(id, batch.name, sequences: batch.sequences, singles: singles)
    self.state = .online(online)
    if isPlanted(.measurementRemovedAsSent) {
      for key in self.sensor.acknowledged(batch.sequences) { self.write(key, []) }
    }
  }

  mutating func deliveryEnded(
    _ answer: Answer, name: RequestName, sequences: [UInt32], singles: UInt32,
    _ online: Lifecycle.Online, now: Instant
  ) {
    if case .response(let response) = answer, response.status == 200 {
      guard let acknowledgement = try? Acknowledgement(parsing: response.body) else {
        self.report(.request(name, .failed(.malformedAnswer)))
        self.deliverLater(online, now: now, retryAfterSeconds: nil, singles: singles)
        return
      }
      self.reportOutcome(of: name, answer)
      self.delivered(
        sequences.filter { acknowledgement.sequences.contains($0) }, singles: singles, online,
        now: now)
      return
    }
    self.reportOutcome(of: name, answer)
    guard case .response(let response) = answer else {
      self.deliverLater(online, now: now, retryAfterSeconds: nil, singles: singles)
      return
    }
    switch response.status {
    case 401:
      self.resourceRefused(response, streamIsOpen: true, now: now)
    case 400, 422:
      let left = self.narrow(name, sequences: sequences, singles: singles)
      self.deliverLater(
        online, now: now, retryAfterSeconds: answer.retryAfterSeconds, singles: left)
    default:
      self.deliverLater(
        online, now: now, retryAfterSeconds: answer.retryAfterSeconds, singles: singles)
    }
  }

  /// The cloud refuses for good what was sent: one that is invalid must not hold up all others.
  /// Of several each is to be sent alone; one alone is given up.
  ///
  /// - Returns: How many go one by one from now on.
  private mutating func narrow(
    _ name: RequestName, sequences: [UInt32], singles: UInt32
  ) -> UInt32 {
    guard sequences.count == 1, let sequence = sequences.first else {
      return UInt32(clamping: sequences.count)
    }
    for key in self.sensor.acknowledged(sequences) { self.write(key, []) }
    self.report(.request(name, .discarded(sequence: sequence)))
    return singles > 0 ? singles - 1 : 0
  }

  /// - Parameter sequences: Acknowledged, of those that were sent.
  private mutating func delivered(
    _ sequences: [UInt32], singles: UInt32, _ online: Lifecycle.Online, now: Instant
  ) {
    guard !sequences.isEmpty else {
      self.deliverLater(online, now: now, retryAfterSeconds: nil, singles: singles)
      return
    }
    for key in self.sensor.acknowledged(sequences) { self.write(key, []) }
    self.deliveryBackoff.reset()
    var online = online
    online.delivery = .possible(from: now, singles: singles > 0 ? singles - 1 : 0)
    self.state = .online(online)
  }

  private mutating func deliverLater(
    _ online: Lifecycle.Online, now: Instant, retryAfterSeconds: UInt32?, singles: UInt32
  ) {
    let wait = self.deliveryBackoff.next(
      timing: self.timing, retryAfterSeconds: retryAfterSeconds, random: &self.random)
    self.report(.backoff(milliseconds: wait, attempt: self.deliveryBackoff.attempt))
    var online = online
    online.delivery = .possible(from: now.advanced(byMilliseconds: wait), singles: singles)
    self.state = .online(online)
  }
}
