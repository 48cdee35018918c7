import CloudCore
import Hummingbird

/// What an owner's app asks for.
extension CloudService {
  /// `POST /v1/pairing-tokens`
  @Sendable func createPairingToken(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(PairingTokenBody.self, upTo: self.bodyByteCount)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.createPairingToken(
        by: caller, nickname: body.nickname, relinkPolicy: body.relinkPolicy, in: transaction,
        at: now, random: &random)
    }
    switch outcome {
    case .created(let token, let seconds):
      return try .json(
        CreatedPairingTokenBody(
          pairingToken: token.text, expiresIn: seconds, cloud: self.issuer.url),
        status: .created)
    case .invalid(let description): throw HTTPFailure.invalidRequest(description)
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }

  /// `GET /v1/devices`
  @Sendable func listDevices(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let devices = try await self.read(as: caller) { cloud, reader, now in
      try cloud.devices(of: caller, in: reader, at: now)
    }
    return try .json(DevicesBody(devices: devices.map(self.body)))
  }

  /// `GET /v1/devices/{id}`
  @Sendable func showDevice(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let id = context.deviceID
    let device = try await self.read(as: caller) { cloud, reader, now in
      try cloud.device(id, for: caller, in: reader, at: now)
    }
    guard let device else { throw HTTPFailure.noSuchDevice }
    return try .json(self.body(of: device))
  }

  /// `DELETE /v1/devices/{id}`
  @Sendable func removeDevice(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let id = context.deviceID
    let origin = EventOrigin.client(context.connection.remoteAddress, certificate: nil)
    let outcome = try await self.write { cloud, transaction, now in
      let outcome = try cloud.removeDevice(id, by: caller, in: transaction, at: now)
      if case .removed(let events) = outcome {
        try cloud.note(events, from: origin, in: transaction, at: now)
      }
      return outcome
    }
    switch outcome {
    case .removed(let events):
      await self.announce(events)
      return .noContent
    case .notFound: throw HTTPFailure.noSuchDevice
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }

  /// `GET /v1/devices/{id}/motions?limit=N`: the newest, oldest first
  @Sendable func listMotions(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let id = context.deviceID
    let limit = try request.limit(upTo: Cloud.longestPage)
    let motions = try await self.read(as: caller) { cloud, reader, _ in
      try cloud.motions(of: id, limit: limit, for: caller, in: reader)
    }
    guard let motions else { throw HTTPFailure.noSuchDevice }
    return try .json(MotionListBody(motions: motions.map(MotionBody.init)))
  }

  /// `GET /v1/devices/{id}/measurements?limit=N`: the newest, oldest first
  @Sendable func listMeasurements(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let id = context.deviceID
    let limit = try request.limit(upTo: Cloud.longestPage)
    let measurements = try await self.read(as: caller) { cloud, reader, _ in
      try cloud.measurements(of: id, limit: limit, for: caller, in: reader)
    }
    guard let measurements else { throw HTTPFailure.noSuchDevice }
    return try .json(
      MeasurementListBody(measurements: measurements.map(MeasurementBody.init)))
  }

  func body(of device: DeviceView) -> DeviceBody {
    DeviceBody(view: device, isOnline: self.streams.isOnline(device.record.id))
  }
}

extension CloudRequestContext {
  /// What stands for `{id}` in the path; nil for text that is no id.
  fileprivate var deviceID: DeviceID? { self.parameters.get("id").flatMap { DeviceID($0) } }
}

extension HTTPFailure {
  fileprivate static let noSuchDevice = notFound("you have no such device")
  static let wrongKind = insufficientScope("not for a client of this kind")
}
