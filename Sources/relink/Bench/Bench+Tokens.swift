import CloudCore
import CloudStore
import DeviceProtocol
import Foundation
import Scenarios
import Synchronization

extension Bench {
  /// What the cloud does about a token, without HTTP: on the records and with the keys that a cloud
  /// has left behind, by the functions that its routes call.
  func measureTokens(folder: String, logins: [OwnerApp.Tokens]) async throws {
    let keys = try TokenKeys(bytes: Array(Data(contentsOf: URL(filePath: folder + "/token-keys"))))
    guard let keys else {
      throw LabError(.file, "the token keys in \(folder) are none")
    }
    let store = try SQLiteStore(folder: folder)
    do {
      let cloud = Cloud(configuration: CloudConfiguration(keys: keys))
      try await self.measureChecks(
        of: logins.map { Secret($0.accessToken) }, by: cloud, in: store)
      try await self.measureRotations(
        of: logins.map { Secret($0.refreshToken) }, keys: keys, in: store)
    } catch {
      try await store.close()
      throw error
    }
    try await store.close()
  }

  private func measureChecks(
    of tokens: [Secret], by cloud: Cloud, in store: SQLiteStore
  ) async throws {
    guard let token = tokens.first else { throw Self.refused }
    let message = try TokenText(parsing: Array(token.text.utf8)).payload.dropLast(32)
    let mac = try OpenSSLMAC(key: [UInt8](repeating: 7, count: 32))
    let memory = MemoryStore()
    let (session, account) = try await Self.records(of: token, by: cloud, in: store)
    try await memory.write {
      try $0.save(account)
      try $0.save(session)
    }
    // In turn, so that a slow second falls on all.
    var codes: [Double] = []
    var rates: [String: [Double]] = [:]
    for _ in 0..<5 {
      codes.append(try Self.perSecondAndCore(of: 200_000) { try mac.code(of: message) })
      rates["in memory", default: []].append(
        try await Self.checks(of: repeatElement(token, count: 200_000), by: cloud, in: memory))
      rates["remembered", default: []].append(
        try await Self.checks(of: repeatElement(token, count: 20_000), by: cloud, in: store))
      rates["in SQLite", default: []].append(
        try await Self.checks(of: tokens, by: cloud, in: store, rounds: 50, isMissed: true) {
          // May change what any check reads: all that is remembered is forgotten.
          try await store.write { try $0.save(account) }
        })
      rates["MAC and claims alone", default: []].append(
        try Self.perSecondAndCore(of: 200_000) {
          guard cloud.read(token) != nil else { throw Self.refused }
        })
    }
    let code = codes.median
    self.add("HMAC-SHA256 of \(message.count) B by OpenSSL", code, "per s and core")
    let bound =
      "the token itself, three parts in four: of these two fifths are its MAC, of which the hashing is a third, another third its text (base64url, CRC-32), the rest allocations and reference counting"
    for (place, name, bound) in [
      ("MAC and claims alone", "token checks: MAC and claims alone", nil),
      ("in memory", "token checks, records in memory", bound),
      ("remembered", "token checks, records remembered", bound),
      (
        "in SQLite", "token checks, records read from SQLite",
        "the statements that read the session and its epochs, after a search of what is remembered"
      ),
    ] {
      let rate = (rates[place] ?? []).median
      self.add(
        name, rate, "per s and core",
        beside: String(format: "%.2f × HMAC-SHA256 by OpenSSL, aim ≥ 0.5", rate / code)
          + (rate / code < 0.5 ? ", MISSED" : ""),
        aimAtLeast: bound.map { _ in 1_000_000 }, bound: bound)
    }
  }

  /// As a route of the public listener checks the token of each request.
  ///
  /// - Parameters:
  ///   - rounds: In each, every token is checked once.
  ///   - isMissed: Whether the store has to look in vain before it reads its records. The first check may
  ///     be another than the others.
  ///   - prepare: Run before each round, and not measured.
  /// - Throws: Also when the store has not done what is measured here.
  private static func checks(
    of tokens: some Collection<Secret>, by cloud: Cloud, in store: some CloudStore,
    rounds: Int = 1, isMissed: Bool = false, prepare: () async throws -> Void = {}
  ) async throws -> Double {
    let anybody = Set(ClientKind.allCases)
    let count = rounds * tokens.count
    // A body is run once more after it was run on what is remembered, in vain.
    let bodies = Atomic(0)
    let checks = tokens.map { token in
      { @Sendable (reader: any StoreReader) throws -> Bool in
        bodies.add(1, ordering: .relaxed)
        let now = Self.now
        let read = try cloud.read(token, in: reader, at: now)
        let outcome = try cloud.authenticate(
          read, certificateThumbprint: nil, dpopKey: nil, requiring: anybody, in: reader, at: now)
        return switch outcome {
        case .accepted, .acceptedFirstUse: true
        case .wrongKind, .refused: false
        }
      }
    }
    var seconds = 0.0
    for _ in 0..<rounds {
      try await prepare()
      let started = Self.processSeconds
      for check in checks {
        guard try await store.readBriefly(check) else { throw Self.refused }
      }
      seconds += Self.processSeconds - started
    }
    let misses = bodies.load(ordering: .relaxed) - count
    guard abs(misses - (isMissed ? count : 0)) <= 1 else {
      throw LabError(
        .unexpectedAnswer, "of \(count) checks of tokens \(misses) found nothing remembered")
    }
    return Double(count) / seconds
  }

  private static func records(
    of token: Secret, by cloud: Cloud, in store: SQLiteStore
  ) async throws -> (Session, Account) {
    try await store.read { reader in
      guard let presented = cloud.read(token)?.presented,
        let session = try reader.session(presented.session),
        let account = try reader.account(session.account)
      else { throw Self.refused }
      return (session, account)
    }
  }

  /// With and without the history, and so what that costs.
  private func measureRotations(
    of tokens: [Secret], keys: TokenKeys, in store: SQLiteStore
  ) async throws {
    var tokens = tokens
    var costs: [Int: [Double]] = [:]
    var rates: [Double] = []
    for _ in 0..<3 {
      for historyCount in [100, 0] {
        let cloud = Cloud(
          configuration: CloudConfiguration(keys: keys, historyCount: historyCount))
        let clock = ContinuousClock()
        let (started, cpu) = (clock.now, Self.processSeconds)
        let until = started + .milliseconds(self.seconds * 300)
        let count: Int
        (tokens, count) = try await Self.rotate(tokens, by: cloud, in: store, until: until)
        costs[historyCount, default: []].append(
          (Self.processSeconds - cpu) * 1e6 / Double(count))
        if historyCount > 0 {
          rates.append(Double(count) / ((clock.now - started).inMilliseconds / 1_000))
        }
      }
    }
    let (with, without) = ((costs[100] ?? []).median, (costs[0] ?? []).median)
    self.add(
      "durable refreshes without HTTP, \(tokens.count) at once", rates.median, "per s")
    self.add(
      "CPU of a refresh without HTTP", with, "µs",
      beside: String(
        format: "%.1f µs without the row of the session's history", without))
  }

  private static func rotate(
    _ tokens: [Secret], by cloud: Cloud, in store: SQLiteStore, until: ContinuousClock.Instant
  ) async throws -> ([Secret], Int) {
    try await withThrowingTaskGroup(of: (Secret, Int).self) { group in
      for token in tokens {
        group.addTask {
          var (token, count) = (token, 0)
          while ContinuousClock.now < until {
            let request = TokenRequest.refreshToken(token: token, clientID: "relink-app")
            let outcome = try await store.write { transaction in
              var random = SystemRandomNumberGenerator()
              return try cloud.token(
                request, certificate: nil, in: transaction, at: Self.now, random: &random)
            }
            guard case .granted(let granted) = outcome.answer else { throw Self.refused }
            token = granted.refreshToken
            count += 1
          }
          return (token, count)
        }
      }
      return try await group.reduce(into: ([], 0)) {
        $0.0.append($1.0)
        $0.1 += $1.1
      }
    }
  }

  private static let refused = LabError(.unexpectedAnswer, "a token of the benchmark is refused")

  private static var now: UnixMilliseconds {
    UnixMilliseconds(UInt64(Date.now.timeIntervalSince1970 * 1_000))
  }

  /// Of each second of the processor's: what others do on the machine is not counted.
  private static func perSecondAndCore<Value>(
    of count: Int, _ body: () throws -> Value
  ) rethrows -> Double {
    let started = self.processSeconds
    for _ in 0..<count { _ = try body() }
    return Double(count) / (self.processSeconds - started)
  }

  /// The processor's time that this process has had.
  private static var processSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
