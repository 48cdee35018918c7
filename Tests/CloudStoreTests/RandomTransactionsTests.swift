import CloudCore
import CloudStore
import DeviceProtocol
import TestSupport
import Testing

/// Random transactions, some of which are undone, against what the durable ones alone leave behind.
@Suite(.timeLimit(.minutes(5)))
struct RandomTransactionsTests {
  private struct Refused: Error {}

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func `what was undone leaves no trace in memory, and the rest is as in the database`(
    seed: UInt64
  ) async throws {
    var random = SeededGenerator(seed: seed)
    let store = MemoryStore(forgetsUnsynced: true)
    var durable: [UInt64] = []
    var unsynced: [UInt64] = []
    for _ in 0..<300 {
      let transaction = random.next()
      switch UInt8.random(in: 0..<20, using: &random) {
      case 0:
        store.sync()
        durable += unsynced
        unsynced = []
      case 1:
        store.crash()
        unsynced = []
      case 2...6:
        #expect(throws: Refused.self) {
          try store.transaction {
            try RandomTransaction(seed: transaction).run(in: $0)
            throw Refused()
          }
        }
      default:
        try store.transaction { try RandomTransaction(seed: transaction).run(in: $0) }
        unsynced.append(transaction)
      }
    }
    let kept = durable + unsynced
    let observed = try store.reading { try Observation(of: $0) }
    for kind in StoreKind.allCases {
      try await kind.withStore { other in
        try await other.write { transaction in
          for seed in kept { try RandomTransaction(seed: seed).run(in: transaction) }
        }
        let expected = try await other.read { try Observation(of: $0) }
        #expect(observed == expected)
      }
    }
  }
}

/// Some writes that depend on a seed and on what is in the store alone, and keep the database's
/// rules.
private struct RandomTransaction {
  private var random: SeededGenerator

  init(seed: UInt64) { self.random = SeededGenerator(seed: seed) }

  func run(in transaction: any StoreTransaction) throws {
    var copy = self
    for _ in 0..<Int.random(in: 1...6, using: &copy.random) { try copy.write(to: transaction) }
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self.random)
  }

  private mutating func session(in reader: any StoreReader) throws -> SessionID? {
    let id = Sample.sessionID(self.number(Observation.sessions))
    return try reader.session(id)?.id
  }

  private mutating func write(to transaction: any StoreTransaction) throws {
    for number in Observation.accounts
    where try transaction.account(Sample.accountID(number)) == nil {
      try transaction.save(Sample.account(number))
    }
    let number = self.number(1...6)
    let time = UnixMilliseconds(UInt64(self.number(1...50)))
    switch self.number(0...14) {
    case 0, 1:
      let number = self.number(Observation.sessions)
      var session = Sample.session(
        number, account: number % 4 + 1, kind: number % 2 == 0 ? .app : .camera,
        end: Bool.random(using: &self.random) ? .revoked : nil)
      session.rotatedAt = time
      // Of one that is there only the cut-offs change.
      session.epochs =
        try transaction.session(session.id)?.epochs
        ?? transaction.epochs(
          for: EpochSubject(
            kind: session.kind, account: session.account, device: nil, session: session.id))
      session.epochs.issuedBefore = UInt64(self.number(0...6))
      session.liveMintedAt = UnixMilliseconds(UInt64(self.number(1...50)))
      session.generation = self.random.next() >> 1
      try transaction.save(session)
    case 2, 3:
      var device = Sample.device(
        number, owner: Bool.random(using: &self.random) ? nil : number % 4 + 1)
      device.session = try self.session(in: transaction)
      device.binding = UInt64(self.number(1...3))
      try transaction.save(device)
    case 4:
      guard try transaction.device(Sample.deviceID(number)) != nil else { return }
      let sequence = UInt32(self.number(1...9))
      let binding = UInt64(self.number(1...3))
      _ = try transaction.insert(Sample.motion(sequence, device: number, binding: binding))
      _ = try transaction.insert(Sample.measurement(sequence, device: number, binding: binding))
    case 5: try transaction.removeRecordings(of: Sample.deviceID(number))
    case 6:
      guard let maker = try transaction.session(Sample.sessionID(number))?.id else { return }
      var token = StoreConformanceTests.pairingToken(number, by: 1, expiresAt: UInt64(number * 5))
      token = PairingTokenRecord(
        hash: token.hash, account: token.account, createdBy: maker, epochs: token.epochs,
        issuedAt: token.issuedAt,
        expiresAt: token.expiresAt, nickname: nil, relinkPolicy: .owner,
        usedBy: Bool.random(using: &self.random) ? Sample.deviceID(1) : nil)
      try transaction.save(token)
    case 7:
      var code = StoreConformanceTests.code(number, expiresAt: UInt64(number * 7))
      code.usedFor = try self.session(in: transaction)
      try transaction.save(code)
    case 8:
      let scope = Observation.scopes[self.number(0...(Observation.scopes.count - 1))]
      let before = scope == .issuedBefore ? time : nil
      let epoch =
        try before.map { try transaction.addCutOff(before: $0) }
        ?? transaction.advanceEpoch(of: scope)
      try transaction.append(
        LogoutRecord(
          at: time, scope: scope, epoch: epoch, reason: "\(epoch)", before: before,
          operatorName: "somebody", sessionCount: epoch > 1 ? epoch : nil))
    case 9:
      let attempts = LoginAttempts(failures: UInt32(number), lastFailureAt: time)
      try transaction.save(
        Bool.random(using: &self.random) ? attempts : nil, for: Observation.attemptKeys[number % 3])
    case 10: try transaction.removeExpired(before: time)
    case 11: try transaction.removeLoginAttempts(before: time, keeping: 3)
    case 12:
      try transaction.save(
        SecondFactor(
          account: Sample.accountID(self.number(Observation.accounts)),
          sealedSecret: [UInt8(number)], createdAt: time, isActive: number % 2 == 0,
          lastUsedStep: UInt64(number), recoveryCodes: [Sample.hash(number)]))
    case 13:
      let account = Sample.accountID(self.number(Observation.accounts))
      try transaction.removeSecondFactor(of: account)
      try transaction.removeUnusedCodes(of: account)
    default:
      try transaction.removeDeadSessions(
        of: Sample.accountID(self.number(Observation.accounts)), rotatedBefore: time)
    }
  }
}

/// All that a store answers about the records of these tests.
private struct Observation: Equatable {
  static let accounts = 1...4
  static let sessions = 1...12
  static let scopes: [RevocationScope] = [
    .everyone, .issuedBefore, .kind(.app), .kind(.camera), .region(.standard),
    .region(Sample.otherRegion), .account(Sample.accountID(1)), .session(Sample.sessionID(2)),
    .device(Sample.deviceID(1)),
  ]
  static let attemptKeys: [LoginAttemptKey] = [
    .account(Sample.account(1).email), .address(CloudFixture.address),
    .address(RemoteAddress("::1")),
  ]

  private var records: [Account?] = []
  private var sessionRecords: [Session?] = []
  private var states: [SessionState?] = []
  private var devices: [[DeviceRecord]] = []
  private var owners: [AccountID?] = []
  private var motions: [[MotionRecord]] = []
  private var measurements: [[MeasurementRecord]] = []
  private var tokens: [PairingTokenRecord?] = []
  private var codes: [AuthorizationCodeRecord?] = []
  private var epochs: [UInt64] = []
  private var readings: [EpochReading] = []
  private var logouts: [LogoutRecord] = []
  private var firstLogouts: [AuditEntry?] = []
  private var attempts: [LoginAttempts?] = []
  private var factors: [SecondFactor?] = []
  private var live: [Bool] = []
  private let liveCounts: [ClientKind: UInt64]
  private let accountCount: UInt64
  private let cutOffs: CutOffs
  private let audit: [AuditEntry]
  private var reaches: [LogoutReach] = []

  init(of reader: any StoreReader) throws {
    self.liveCounts = try reader.liveSessionCounts()
    self.accountCount = try reader.accountCount()
    self.cutOffs = try reader.cutOffs()
    self.audit = try reader.auditEntries(before: nil, limit: 1_000)
    self.logouts = try reader.logouts(limit: 1_000)
    self.devices.append(try reader.devices(limit: 4))
    for number in Self.accounts {
      self.records.append(try reader.account(Sample.accountID(number)))
      self.records.append(try reader.account(email: Sample.account(number).email))
      self.devices.append(try reader.devices(of: Sample.accountID(number)))
      self.factors.append(try reader.secondFactor(of: Sample.accountID(number)))
      for kind in ClientKind.allCases {
        self.live.append(try reader.hasLiveSession(of: Sample.accountID(number), kind: kind))
      }
    }
    for number in Self.sessions {
      let id = Sample.sessionID(number)
      self.sessionRecords.append(try reader.session(id))
      self.states.append(try reader.state(of: id))
      self.readings.append(
        try reader.epochs(
          for: EpochSubject(
            kind: .app, account: Sample.accountID(number % 4 + 1), device: Sample.deviceID(1),
            session: id)))
      self.owners.append(try reader.owner(of: Sample.deviceID(number)))
      self.motions.append(try reader.motions(of: Sample.deviceID(number), limit: 5))
      self.measurements.append(try reader.measurements(of: Sample.deviceID(number), limit: 5))
      self.tokens.append(try reader.pairingToken(hash: Sample.hash(number)))
      self.codes.append(try reader.authorizationCode(hash: Sample.hash(number)))
    }
    for scope in Self.scopes {
      let epoch = try reader.epoch(of: scope)
      self.epochs.append(epoch)
      self.reaches.append(try reader.liveReach(of: scope, before: UnixMilliseconds(25)))
      for former in [0, epoch / 2, max(epoch, 1) - 1, epoch] {
        self.firstLogouts.append(try reader.firstLogout(of: scope, after: former))
      }
    }
    for number in 0...6 as ClosedRange<UInt64> {
      self.firstLogouts.append(
        try reader.cutOffLogout(
          thatReached: MintMark(at: UnixMilliseconds(8 * number), cutOffs: number)))
    }
    for key in Self.attemptKeys { self.attempts.append(try reader.loginAttempts(for: key)) }
  }
}
