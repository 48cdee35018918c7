package import CloudCore
import DeviceProtocol
package import Logging
import Synchronization

/// The cloud at work: runs `Cloud`'s functions inside store transactions, with the time and random
/// numbers that they need, and tells others what came of it once that is durable.
package final class CloudService: Sendable {
  package let cloud: Cloud
  let streams: EventHub
  let passwords: PasswordWorkers
  let bodyByteCount: Int
  let firmware: FirmwareCatalogue
  let faults: FaultInjector
  let passwordList: PasswordList
  let metrics: CloudMetrics
  let liveSessions: LiveSessionCount
  let logger: Logger
  let store: any CloudStore
  let clock: CloudClock
  let journal: RequestJournal
  private let start = ContinuousClock.now
  private let proofs: ProofDesk
  /// Of the snapshots of this run.
  let savedFaults = Mutex<[SnapshotName: [FaultRule]]>([:])
  let securityEvents = SecurityEventSignal()

  /// - Parameters:
  ///   - clock: The machine's; the cloud's own is set by operators.
  ///   - isContinuing: Whether the store's tokens were used before this start.
  ///   - lastEventTime: How long a peer may take to read the last event of a stream.
  package init(
    cloud: Cloud, store: any CloudStore, passwords: PasswordWorkers,
    clock: @escaping WallClock, bodyByteCount: Int, firmware: FirmwareCatalogue = .empty,
    requestJournalCount: Int = 100_000, passwordList: PasswordList = .empty,
    dpop: DPoPPolicy = DPoPPolicy(), isContinuing: Bool = false,
    lastEventTime: Duration = .seconds(2), wrongCertificates: WrongCertificates = .none,
    metrics: CloudMetrics = CloudMetrics(),
    logger: Logger
  ) {
    self.cloud = cloud
    self.store = store
    self.passwords = passwords
    self.clock = CloudClock(machine: clock)
    self.journal = RequestJournal(capacity: requestJournalCount)
    self.bodyByteCount = bodyByteCount
    self.firmware = firmware
    self.passwordList = passwordList
    self.logger = logger
    self.metrics = metrics
    let now = self.clock.read
    self.liveSessions = LiveSessionCount {
      try await store.read { try $0.liveSessionCounts(besides: cloud.expiries(at: now())) }
    }
    self.faults = FaultInjector(
      certificates: wrongCertificates, clock: self.clock.read, fired: metrics.faults,
      logger: logger)
    self.streams = EventHub(clock: self.clock.read, lastEventTime: lastEventTime)
    self.proofs = ProofDesk(policy: dpop, isContinuing: isContinuing)
  }

  var issuer: Issuer { self.cloud.configuration.issuer }

  var uptimeMilliseconds: UInt64 {
    UInt64((ContinuousClock.now - self.start) / .milliseconds(1))
  }

  // MARK: Transactions

  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Cloud, any StoreReader, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    let (cloud, clock) = (self.cloud, self.clock.read)
    return try await self.store.read { try body(cloud, $0, clock()) }
  }

  /// As `read`, for a body that reads a few records by their keys.
  func readBriefly<Value: Sendable>(
    _ body: @escaping @Sendable (Cloud, any StoreReader, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    let (cloud, clock) = (self.cloud, self.clock.read)
    return try await self.store.readBriefly { try body(cloud, $0, clock()) }
  }

  /// Returns once what the body wrote is durable.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Cloud, any StoreTransaction, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    let (cloud, clock) = (self.cloud, self.clock.read)
    return try await self.store.write { try body(cloud, $0, clock()) }
  }

  /// As `write`, ahead of the requests that wait: for a forced logout.
  func writeFirst<Value: Sendable>(
    _ body: @escaping @Sendable (Cloud, any StoreTransaction, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    let (cloud, clock) = (self.cloud, self.clock.read)
    return try await self.store.writeFirst { try body(cloud, $0, clock()) }
  }

  /// As `read`, and in the same snapshot looks whether the caller's token is still alive: a logout
  /// that was acknowledged since it was checked is not overtaken. `Cloud`'s writes look themselves.
  func read<Value: Sendable>(
    as caller: Authenticated,
    _ body: @escaping @Sendable (Cloud, any StoreReader, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    try await self.read { try $0.check(caller, in: $1, at: $2, body) }
  }

  /// As `read(as:_:)`, for a body that reads a few records by their keys.
  func readBriefly<Value: Sendable>(
    as caller: Authenticated,
    _ body: @escaping @Sendable (Cloud, any StoreReader, UnixMilliseconds) throws -> Value
  ) async throws -> Value {
    try await self.readBriefly { try $0.check(caller, in: $1, at: $2, body) }
  }

  /// Takes a DPoP proof that was not used before.
  ///
  /// - Returns: As `ProofLedger.take`.
  func takeOnce(_ proof: DPoPProof) throws(ProofRefusal) -> String? {
    try self.proofs.take(proof, at: self.clock.now)
  }
}

extension Cloud {
  /// Runs the body if the caller's token is still alive.
  fileprivate func check<Value>(
    _ caller: Authenticated, in reader: any StoreReader, at now: UnixMilliseconds,
    _ body: (Cloud, any StoreReader, UnixMilliseconds) throws -> Value
  ) throws -> Value {
    if let refusal = try self.refusal(of: caller, in: reader, at: now) {
      throw HTTPFailure.tokenRefused(refusal, isDPoP: caller.isDPoP)
    }
    return try body(self, reader, now)
  }
}
