import CloudCore
import Hummingbird

/// What a device asks for.
extension CloudService {
  /// `POST /v1/device/heartbeat`
  @Sendable func heartbeat(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let body = try await request.json(HeartbeatBody.self, upTo: self.bodyByteCount)
    let report = try body.report()
    let outcome = try await self.write { cloud, transaction, now in
      try cloud.heartbeat(report, from: caller, in: transaction, at: now)
    }
    switch outcome {
    case .stored: return .noContent
    case .invalid(let description): throw HTTPFailure.invalidRequest(description)
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }

  /// `POST /v1/device/motions`
  @Sendable func recordMotions(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let motions = try await request.json(MotionsBody.self, upTo: self.bodyByteCount).submitted
    let outcome = try await self.write { cloud, transaction, _ in
      try cloud.record(motions: motions, from: caller, in: transaction)
    }
    return try await self.acknowledge(outcome, change: .motion, from: caller)
  }

  /// `POST /v1/device/measurements`
  @Sendable func recordMeasurements(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let measurements = try await request.json(MeasurementsBody.self, upTo: self.bodyByteCount)
      .submitted
    let outcome = try await self.write { cloud, transaction, _ in
      try cloud.record(measurements: measurements, from: caller, in: transaction)
    }
    return try await self.acknowledge(outcome, change: .measurement, from: caller)
  }

  /// `DELETE /v1/device/binding`
  @Sendable func unbind(
    _ caller: Authenticated, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let origin = EventOrigin.client(
      context.connection.remoteAddress,
      certificate: try await context.connection.deviceCertificate()?.thumbprint)
    let outcome = try await self.write { cloud, transaction, now in
      let outcome = try cloud.unbind(by: caller, in: transaction, at: now)
      if case .unbound(let events) = outcome {
        try cloud.note(events, from: origin, in: transaction, at: now)
      }
      return outcome
    }
    switch outcome {
    case .unbound(let events):
      await self.announce(events)
      return .noContent
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }

  /// Tells the owner's apps once, whatever the number of new records.
  private func acknowledge(
    _ outcome: RecordOutcome, change: DeviceChange, from caller: Authenticated
  ) async throws -> Response {
    switch outcome {
    case .acknowledged(let sequences, let newCount):
      if newCount > 0, let device = caller.device {
        try await self.announce(change, of: device)
      }
      return try .json(AcknowledgedBody(acknowledged: sequences))
    case .invalid(let description): throw HTTPFailure.invalidRequest(description)
    case .wrongKind: throw HTTPFailure.wrongKind
    case .refused(let refusal): throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
  }
}
