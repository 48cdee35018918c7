import CloudCore
import Simulation

extension RealRun {
  func place(_ fault: Fault, line: Int?) async throws {
    var body = try fault.adminFault()
    if case .devices(let selection) = fault.of {
      guard let nickname = self.scenario.nicknames(of: selection).first else { return }
      body.deviceId = try await self.identity(of: nickname).id
    }
    let placed = try await self.lab.admin().addFault(body)
    self.faults.append(PlacedFault(id: placed.id, line: line))
  }
}

extension Fault {
  /// As the cloud is told it, but for the device that it strikes; `docs/faults.md`.
  func adminFault() throws(LabError) -> AdminFault {
    var body = AdminFault()
    if case .owner(let email) = self.of {
      body.accountEmail = email
      // The account's devices have its address too.
      body.kind = ClientKind.app.rawValue
    }
    switch self.exchange {
    case .any: break
    case .refresh: body.grant = GrantName.refreshToken.rawValue
    case .pairing: body.grant = GrantName.pairing.rawValue
    case .relink: body.grant = GrantName.relink.rawValue
    case .login: body.grant = GrantName.authorizationCode.rawValue
    case .heartbeat: body.endpoint = "POST /v1/device/heartbeat"
    case .motions: body.endpoint = "POST /v1/device/motions"
    case .measurements: body.endpoint = "POST /v1/device/measurements"
    case .unbind: body.endpoint = "DELETE /v1/device/binding"
    case .stream: body.endpoint = "GET /v1/events"
    }
    body.skip = self.nth - 1
    body.count = self.times
    switch self.harm {
    case .beforeCommit: body.cut(.beforeCommit, self.ending)
    case .afterCommit: body.cut(.afterCommit, self.ending)
    case .afterByte(let count):
      body.action = self.ending.rawValue
      body.afterByte = count
    case .delay(let duration, let phase):
      body.action = "slow"
      body.phase = phase.rawValue
      body.delayMs = Int(duration / .milliseconds(1))
    case .status(let status, let retryAfter, let phase):
      body.action = "status"
      body.phase = phase.rawValue
      body.status = status
      if let retryAfter { body.headers = ["Retry-After": "\(retryAfter.components.seconds)"] }
    case .malformed(let malformation, let phase):
      body.action = "malformed"
      body.phase = phase.rawValue
      body.malformed = malformation.rawValue
    case .duplicate:
      throw LabError(.unsupported, "the real way has no fault that duplicates")
    }
    return body
  }
}

extension AdminFault {
  fileprivate mutating func cut(_ phase: Fault.Phase, _ ending: Fault.Ending) {
    self.action = ending.rawValue
    self.phase = phase.rawValue
  }
}
