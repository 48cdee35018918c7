import CloudCore
import DeviceProtocol
import Hummingbird
import Logging
import Synchronization

/// Whole states that are saved and restored by name.
extension CloudService {
  func addSnapshotRoutes(to routes: inout AdminRoutes) {
    routes.add(.get, "/admin/v1/snapshots", as: .listSnapshots) { _, _, _ in
      let list = try await self.explaining { try await self.store.snapshots() }
      return try .json(SnapshotsBody(list))
    }
    routes.add(
      .put, "/admin/v1/snapshots/{name}", as: .saveSnapshot, handler: self.saveSnapshot)
    routes.add(.delete, "/admin/v1/snapshots/{name}", as: .removeSnapshot) { _, _, context in
      let name = try context.snapshotName()
      let isRemoved = try await self.explaining { try await self.store.removeSnapshot(name) }
      self.savedFaults.withLock { $0[name] = nil }
      guard isRemoved else { throw HTTPFailure.noSuchSnapshot }
      return .noContent
    }
    routes.add(
      .post, "/admin/v1/snapshots/{name}/restore", as: .restoreSnapshot,
      handler: self.restoreSnapshot)
  }

  private func saveSnapshot(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let name = try context.snapshotName()
    try await request.noBody(upTo: self.bodyByteCount)
    let (now, machine) = (self.clock.now, self.clock.machine())
    let faults = self.faults.withPlan { $0.rules }
    let (info, isNew) = try await self.explaining {
      try await self.store.saveSnapshot(name, savedAt: now, machineAt: machine)
    }
    self.savedFaults.withLock { $0[name] = faults }
    return try .json(SnapshotBody(info), status: isNew ? .created : .ok)
  }

  /// Answers once the state is durable, everybody sees it, and all streams that were open have ended.
  private func restoreSnapshot(
    _ caller: Operator, _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let name = try context.snapshotName()
    let body = try await request.restoreBody(upTo: self.bodyByteCount)
    let keepsClock = body.clock == .kept
    let clock = self.clock
    let restored = try await self.explaining {
      try await self.store.restoreSnapshot(name, epochs: body.epochs ?? .kept) {
        transaction, info in
        let setting = clock.setting(
          after: keepsClock ? clock.now : info.savedAt,
          saved: try transaction.clockSetting(), keepsCourse: keepsClock)
        try transaction.save(setting)
        return (info, setting)
      } committed: { _, setting in
        // Not a write later: by the time before, the windows of the restored sessions would be over.
        clock.follow(setting)
      }
    }
    guard let (info, _) = restored else { throw HTTPFailure.noSuchSnapshot }
    // Of a former run's nothing is known: those in force stay.
    if let faults = self.savedFaults.withLock({ $0[name] }) {
      self.faults.withPlan { $0.restore(faults) }
    }
    self.logger.notice("a snapshot was restored", metadata: ["name": "\(name.text)"])
    self.streams.ownersChanged()
    await self.endDeadStreams { _ in true }
    await self.streams.end(
      self.streams.streams { _ in true }.map { (stream: $0, lastEvent: nil) })
    return try .json(SnapshotBody(info))
  }

  /// What the store says is told to the operator, who can do something about it.
  private func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as StoreError {
      self.logger.error("the store failed", metadata: ["error": "\(error)"])
      throw HTTPFailure.operatorRefused(
        OperatorRefusal(
          status: error.code == .diskFull
            ? .init(code: 507, reasonPhrase: "Insufficient Storage") : .serviceUnavailable,
          error: "temporarily_unavailable",
          reason: error.code == .diskFull ? .diskFull : .snapshotFailed,
          description: "cannot \(error.attempted): \(error.detail)".escapedDescription))
    }
  }
}

extension CloudClock {
  /// How the clock is to go on after a state was restored: from the time given.
  ///
  /// - Parameter saved: How it was set in the state.
  /// - Parameter keepsCourse: Whether it stands or runs as it does now, not as it was saved.
  fileprivate func setting(
    after time: UnixMilliseconds, saved: ClockSetting?, keepsCourse: Bool
  ) -> ClockSetting {
    let present = self.present
    let isFrozen = (keepsCourse ? present : saved)?.course == .frozen
    return ClockSetting(
      revision: max(present?.revision ?? 0, saved?.revision ?? 0) + 1, setTo: time,
      course: isFrozen
        ? .frozen : .running(aheadMilliseconds: time.milliseconds(ahead: self.machine())))
  }
}

extension CloudRequestContext {
  fileprivate func snapshotName() throws(HTTPFailure) -> SnapshotName {
    guard let text = self.parameters.get("name"), let name = SnapshotName(text) else {
      throw .operatorRefused(
        .badRequest(
          .badSnapshotName,
          "the name of a snapshot is 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit"
        ))
    }
    return name
  }
}

extension Request {
  /// A body is not needed.
  fileprivate func restoreBody(upTo byteCount: Int) async throws -> RestoreBody {
    guard self.headers[.contentType] != nil else {
      try await self.noBody(upTo: byteCount)
      return RestoreBody(epochs: nil, clock: nil)
    }
    return try await self.json(RestoreBody.self, upTo: byteCount)
  }
}

extension HTTPFailure {
  fileprivate static let noSuchSnapshot = operatorRefused(
    .notFound(.unknownSnapshot, "there is no such snapshot"))
}

extension String {
  /// Of what a layer below said: without what an error's description may not have.
  fileprivate var escapedDescription: String {
    String(
      self.unicodeScalars.map {
        $0.isASCII && $0.value >= 0x20 && $0 != "\"" && $0 != "\\" ? Character($0) : "?"
      })
  }
}

/// Of `POST /admin/v1/snapshots/{name}/restore`.
private struct RestoreBody: StrictBody {
  enum Clock: String, Codable {
    case kept
    case asSaved = "as_saved"
  }
  let epochs: RestoredEpochs?
  let clock: Clock?

  typealias Member = CodingKeys
  enum CodingKeys: String, CodingKey, CaseIterable { case epochs, clock }
}

/// SNAPSHOT of `docs/protocol.md`.
private struct SnapshotBody: Encodable {
  let name: String
  let at, savedAt, bytes: UInt64

  init(_ info: SnapshotInfo) {
    self.name = info.name.text
    self.at = info.savedAt.value
    self.savedAt = info.machineAt.value
    self.bytes = info.byteCount
  }

  enum CodingKeys: String, CodingKey {
    case name, at, bytes
    case savedAt = "saved_at"
  }
}

private struct SnapshotsBody: Encodable {
  struct Damaged: Encodable {
    let name: String
    let detail: String
  }

  let snapshots: [SnapshotBody]
  /// Nil when there are none.
  let damaged: [Damaged]?

  init(_ list: SnapshotList) {
    self.snapshots = list.snapshots.map(SnapshotBody.init)
    self.damaged =
      list.damaged.isEmpty
      ? nil
      : list.damaged.map { Damaged(name: $0.name.text, detail: $0.detail.escapedDescription) }
  }
}
