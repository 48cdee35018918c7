import CloudCore
import DeviceProtocol
import Simulation
import TestSupport

/// The routes that need an access token.
extension RealCloud {
  func answer(
    to resource: ObservedRequest.Resource, with token: String, _ certificate: UInt8?
  ) throws -> ObservedAnswer {
    let outcome = try self.fixture.authenticate(
      Secret(token), camera: certificate, requiring: resource.kinds)
    switch outcome {
    case .accepted(let caller):
      return try self.serve(resource, to: caller)
    case .acceptedFirstUse(let caller):
      let refusal = try self.fixture.transaction {
        try self.fixture.cloud.confirm(caller, in: $0)
      }
      return try refusal.map(Self.answer) ?? self.serve(resource, to: caller)
    case .wrongKind: return Self.wrongKind
    case .refused(let refusal): return Self.answer(refusal)
    }
  }

  private static func answer(_ refusal: TokenRefusal) -> ObservedAnswer {
    .refused(status: 401, reason: refusal.reason)
  }

  private static let wrongKind = ObservedAnswer.refused(status: 403, reason: "insufficient_scope")
  private static let notFound = ObservedAnswer.refused(status: 404, reason: "not_found")
  private static let invalid = ObservedAnswer.refused(status: 400, reason: "invalid_request")

  private func serve(
    _ resource: ObservedRequest.Resource, to caller: Authenticated
  ) throws -> ObservedAnswer {
    let fixture = self.fixture
    let cloud = fixture.cloud
    return try fixture.transaction { transaction -> ObservedAnswer in
      switch resource {
      case .session:
        return .session(
          caller.session, kind: caller.kind, account: caller.account, device: caller.device)
      case .events:
        return .done
      case .createPairingToken(let policy):
        let outcome = try cloud.createPairingToken(
          by: caller, nickname: nil, relinkPolicy: policy, in: transaction, at: fixture.now,
          random: &fixture.random)
        switch outcome {
        case .created(let token, let seconds):
          return .pairingToken(token.text, expiresInSeconds: seconds)
        case .invalid: return Self.invalid
        case .wrongKind: return Self.wrongKind
        case .refused(let refusal): return Self.answer(refusal)
        }
      case .devices:
        return .devices(
          try cloud.devices(of: caller, in: transaction, at: self.fixture.now).map(\.record.id))
      case .motions(let id):
        return try cloud.motions(of: id, for: caller, in: transaction).map { motions in
          .recordings(
            motions.map { Recording(sequence: $0.sequence, at: $0.at, weightGrams: 0) })
        } ?? Self.notFound
      case .measurements(let id):
        return try cloud.measurements(of: id, for: caller, in: transaction).map { measurements in
          .recordings(
            measurements.map {
              Recording(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
            })
        } ?? Self.notFound
      case .remove(let id):
        switch try cloud.removeDevice(id, by: caller, in: transaction, at: self.fixture.now) {
        case .removed: return .done
        case .notFound: return Self.notFound
        case .wrongKind: return Self.wrongKind
        case .refused(let refusal): return Self.answer(refusal)
        }
      case .heartbeat(let report):
        switch try cloud.heartbeat(report, from: caller, in: transaction, at: fixture.now) {
        case .stored: return .done
        case .invalid: return Self.invalid
        case .wrongKind: return Self.wrongKind
        case .refused(let refusal): return Self.answer(refusal)
        }
      case .record(let recordings):
        return try Self.record(recordings, cloud, caller, transaction)
      case .unbind:
        switch try cloud.unbind(by: caller, in: transaction, at: self.fixture.now) {
        case .unbound: return .done
        case .wrongKind: return Self.wrongKind
        case .refused(let refusal): return Self.answer(refusal)
        }
      }
    }
  }

  private static func record(
    _ recordings: [Recording], _ cloud: Cloud, _ caller: Authenticated,
    _ transaction: any StoreTransaction
  ) throws -> ObservedAnswer {
    let outcome =
      caller.kind == .camera
      ? try cloud.record(
        motions: recordings.map { SubmittedMotion(sequence: $0.sequence, at: $0.at) },
        from: caller, in: transaction)
      : try cloud.record(
        measurements: recordings.map {
          SubmittedMeasurement(sequence: $0.sequence, at: $0.at, weightGrams: $0.weightGrams)
        }, from: caller, in: transaction)
    switch outcome {
    case .acknowledged(let sequences, _): return .acknowledged(sequences)
    case .invalid: return self.invalid
    case .wrongKind: return self.wrongKind
    case .refused(let refusal): return self.answer(refusal)
    }
  }
}

extension ObservedRequest.Resource {
  /// Who may ask, by `docs/protocol.md`.
  var kinds: Set<ClientKind> {
    switch self {
    case .session, .events: Set(ClientKind.allCases)
    case .createPairingToken, .devices, .motions, .measurements, .remove: [.app]
    case .heartbeat, .record, .unbind: [.camera, .scale]
    }
  }
}

extension ObservedRequest.Resource {
  static let someHeartbeat = ObservedRequest.Resource.heartbeat(
    HeartbeatReport(
      uptimeMilliseconds: 1, ssid: SSID(bytes("home"))!, signalDBm: -50, firmwareVersion: "1.0.0"))
}
