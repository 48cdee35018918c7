import CloudCore
import DeviceCore
import DeviceProtocol

// Between the device's bytes and the words of `ObservedExchange`.

extension ObservedRequest {
  /// What a device's request says; nil if it is not one that the cloud understands.
  init?(_ request: Request, kind: DeviceKind) {
    func resource(_ resource: Resource) -> ObservedRequest {
      .resource(accessToken: text(request.accessToken ?? []), resource)
    }
    switch request.name {
    case .pair:
      guard let token = Self.field(.pairingToken, of: request) else { return nil }
      self = .pair(token: token, kind: kind)
    case .refresh:
      guard let token = Self.field(.refreshToken, of: request) else { return nil }
      self = .refresh(token: token, kind: ClientKind(kind))
    case .relink: self = .relink
    case .heartbeat:
      guard let heartbeat = try? Heartbeat(parsing: request.body) else { return nil }
      self = resource(
        .heartbeat(
          HeartbeatReport(
            uptimeMilliseconds: heartbeat.uptimeMilliseconds, ssid: heartbeat.ssid,
            signalDBm: Int(heartbeat.signalDBm), firmwareVersion: text(heartbeat.firmwareVersion))))
    case .motions:
      guard let motions = try? Motion.parse(body: request.body) else { return nil }
      self = resource(
        .record(motions.map { Recording(sequence: $0.sequence, at: $0.at, weightGrams: 0) }))
    case .measurements:
      guard let measurements = try? Measurement.parse(body: request.body) else { return nil }
      self = resource(
        .record(
          measurements.map {
            Recording(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
          }))
    case .unbind: self = resource(.unbind)
    case .stream: self = resource(.events)
    }
  }

  private static func field(_ parameter: GrantParameter, of request: Request) -> String? {
    FormEncoding.decode(request.body)?.first { $0.name == parameter.bytes }
      .map { text($0.value) }
  }
}

extension Fault.Exchange {
  init(_ name: RequestName) {
    switch name {
    case .pair: self = .pairing
    case .refresh: self = .refresh
    case .relink: self = .relink
    case .heartbeat: self = .heartbeat
    case .motions: self = .motions
    case .measurements: self = .measurements
    case .unbind: self = .unbind
    case .stream: self = .stream
    }
  }
}

extension Response {
  init(_ handled: CloudFront.Handled) {
    switch handled.answer {
    case .tokens(let access, let refresh, let seconds, let account, let device, _, _):
      self.init(
        200,
        TokenResponse(
          accessToken: Array(access.utf8), expiresInSeconds: seconds,
          refreshToken: Array(refresh.utf8), deviceID: device.map { Array($0.text.utf8) },
          accountID: Array(account.text.utf8)
        ).bytes)
    case .acknowledged(let sequences):
      self.init(200, Acknowledgement(sequences: sequences).bytes)
    case .refused(let status, let reason):
      let reason = Array(reason.utf8)
      let known = ErrorReason(reason)
      let code =
        ErrorCode(reason) ?? (status == 401 ? ErrorCode.invalidToken : ErrorCode.invalidGrant)
      self.init(
        status: UInt16(status), retryAfterSeconds: handled.retryAfterSeconds,
        body: ErrorResponse(
          error: code, errorDescription: nil, reason: known,
          intervalSeconds: handled.retryAfterSeconds
        ).bytes)
    case .done, .registered, .code, .session, .pairingToken, .devices, .recordings:
      self.init(204, [])
    }
  }

  private init(_ status: UInt16, _ body: [UInt8]) {
    self.init(status: status, retryAfterSeconds: nil, body: body)
  }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
