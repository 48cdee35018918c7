import CloudCore
import DeviceProtocol
import Foundation
import TestSupport
import Testing

@testable import CloudStore

/// Whatever happens to the database's file, no epoch is lower than it was.
@Suite(.timeLimit(.minutes(5)))
struct EpochFloorTests {
  private let folder: TemporaryFolder
  private var floorPath: String { self.folder.path + "/epoch-floor" }

  init() throws { self.folder = try TemporaryFolder() }

  private static let scopes: [RevocationScope] = [
    .everyone, .kind(.camera), .region(Sample.otherRegion), .account(Sample.accountID(1)),
    .device(Sample.deviceID(2)), .session(Sample.sessionID(3)),
  ]

  private func withStore<Value: Sendable>(
    in folder: String? = nil, _ body: (SQLiteStore) async throws -> Value
  ) async throws -> Value {
    let store = try SQLiteStore(folder: folder ?? self.folder.path)
    let value = try await body(store)
    try await store.close()
    return value
  }

  private func epochs(of store: SQLiteStore) async throws -> [UInt64] {
    try await store.read { reader in
      try Self.scopes.map { try reader.epoch(of: $0) } + [
        reader.cutOffs().epoch, reader.cutOffs().steps.last?.before.value ?? 0,
      ]
    }
  }

  /// Logs out every scope, the first one most often.
  private func logOutAll(_ store: SQLiteStore) async throws {
    for count in 1...Self.scopes.count {
      for scope in Self.scopes.prefix(count) {
        _ = try await store.write { try $0.advanceEpoch(of: scope) }
      }
      _ = try await store.write {
        try $0.addCutOff(before: UnixMilliseconds(1_000 * UInt64(count)))
      }
    }
  }

  private static let all: [UInt64] = [6, 5, 4, 3, 2, 1, 6, 6_000]

  /// The database's files as they are, into an empty folder; the epochs' file stays.
  private func copyDatabase(to path: String) throws {
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: self.folder.path)
    where name.hasPrefix("cloud.sqlite") {
      try FileManager.default.copyItem(
        atPath: self.folder.path + "/" + name, toPath: path + "/" + name)
    }
  }

  private func restoreDatabase(from path: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: self.folder.path)
    where name.hasPrefix("cloud.sqlite") {
      try FileManager.default.removeItem(atPath: self.folder.path + "/" + name)
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      try FileManager.default.copyItem(
        atPath: path + "/" + name, toPath: self.folder.path + "/" + name)
    }
  }

  @Test func `an older copy of the database gives no lower epoch back`() async throws {
    let copies = try TemporaryFolder()
    try await self.withStore { try await $0.write { try $0.save(Sample.account(1)) } }
    try self.copyDatabase(to: copies.path + "/empty")
    try await self.withStore { store async throws in
      try await self.logOutAll(store)
      #expect(try await self.epochs(of: store) == Self.all)
    }
    try self.restoreDatabase(from: copies.path + "/empty")
    try await self.withStore { store async throws in
      #expect(store.floorReport.raisedCount == Self.scopes.count + 1)
      #expect(!store.floorReport.isEveryoneLoggedOut)
      #expect(try await self.epochs(of: store) == Self.all)
      #expect(try await store.read { try $0.accountCount() } == 1)
      // No epoch is used twice.
      #expect(try await store.write { try $0.advanceEpoch(of: .everyone) } == 7)
    }
    try self.restoreDatabase(from: copies.path + "/empty")
    try await self.withStore { store async throws in
      #expect(try await self.epochs(of: store).first == 7)
    }
  }

  @Test func `a token that a logout killed stays dead when the database before it is restored`()
    async throws
  {
    var random = SeededGenerator(seed: 1)
    let cloud = Cloud(configuration: CloudConfiguration(keys: TokenKeys(random: &random)))
    let copies = try TemporaryFolder()
    let session = Sample.session(1, account: 1)
    try await self.withStore { store async throws in
      try await store.write {
        try $0.save(Sample.account(1))
        try $0.save(session)
      }
    }
    try self.copyDatabase(to: copies.path + "/before")
    try await self.withStore { store async throws in
      _ = try await store.write {
        try cloud.logOut(.issuedBefore(nil), reason: "", in: $0, at: UnixMilliseconds(9_000))
      }
      #expect(try await store.read { try !$0.isLoggedIn(session) })
    }
    try self.restoreDatabase(from: copies.path + "/before")
    try await self.withStore { store async throws in
      #expect(try await store.read { try !$0.isLoggedIn(session) })
    }
  }

  @Test func `access tokens that were let expire stay so when the database before is restored`()
    async throws
  {
    let copies = try TemporaryFolder()
    let session = Sample.session(1, account: 1, kind: .camera, device: Sample.deviceID(1))
    try await self.withStore { store async throws in
      try await store.write {
        try $0.save(Sample.account(1))
        try $0.save(session)
      }
    }
    func mark(in store: SQLiteStore) async throws -> UInt64 {
      try await store.read { try $0.accessMark(of: session) }
    }
    try self.copyDatabase(to: copies.path + "/before")
    for (number, scope) in session.accessScopes.enumerated() {
      try await self.withStore { store async throws in
        try await store.write { try $0.advanceAccessMark(of: scope) }
        #expect(try await mark(in: store) == UInt64(number + 1))
      }
      try self.restoreDatabase(from: copies.path + "/before")
      try await self.withStore { store async throws in
        #expect(store.floorReport.raisedCount == number + 1)
        #expect(try await mark(in: store) == UInt64(number + 1))
      }
    }
    try await self.withStore { #expect($0.floorReport == EpochFloorReport()) }
  }

  @Test func `cut-offs come back with an older database, each with its time`() async throws {
    let copies = try TemporaryFolder()
    try await self.withStore { _ in }
    try self.copyDatabase(to: copies.path + "/empty")
    try await self.withStore { store async throws in
      for time in [900, 300, 100, 200] as [UInt64] {
        _ = try await store.write { try $0.addCutOff(before: UnixMilliseconds(time)) }
      }
    }
    let expected = Sample.cutOffs((1, 900), (2, 300), (4, 200))
    try self.restoreDatabase(from: copies.path + "/empty")
    try await self.withStore { store async throws in
      #expect(store.floorReport.raisedCount == 3)
      #expect(try await store.read { try $0.cutOffs() } == expected)
      #expect(try await store.read { try $0.epoch(of: .issuedBefore) } == 4)
    }
    try await self.withStore { #expect($0.floorReport == EpochFloorReport()) }
  }

  @Test func `lines of a former version say what they said`() async throws {
    let marks = [
      EpochFloor.Mark(.epoch(.everyone), 1),
      EpochFloor.Mark(.epoch(.issuedBefore), 1, before: UnixMilliseconds(900)),
      EpochFloor.Mark(.epoch(.issuedBefore), 2, before: UnixMilliseconds(900)),
    ]
    try await self.withStore { _ in }
    try self.append(
      marks.enumerated().flatMap {
        EpochFloorLine(mark: $0.element, total: UInt64($0.offset + 1)).bytes
      })
    try await self.withStore { store async throws in
      #expect(store.floorReport.raisedCount == 2)
      #expect(try await store.read { try $0.cutOffs() } == Sample.cutOffs((2, 900)))
    }
  }

  @Test func `a cloud that is killed after any logout has its epochs`() async throws {
    let copies = try TemporaryFolder()
    let store = try SQLiteStore(folder: self.folder.path)
    for number in 1...5 as ClosedRange<UInt64> {
      _ = try await store.write { try $0.advanceEpoch(of: .everyone) }
      // As a process that is killed leaves the folder, WAL and all.
      let path = copies.path + "/\(number)"
      try self.copyDatabase(to: path)
      try FileManager.default.copyItem(atPath: self.floorPath, toPath: path + "/epoch-floor")
      try await self.withStore(in: path) { killed async throws in
        #expect(try await killed.read { try $0.epoch(of: .everyone) } == number)
        #expect(killed.floorReport == EpochFloorReport())
      }
    }
    try await store.close()
  }

  @Test func `a logout that was written to the file and not to the database counts`() async throws {
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .everyone) } }
    let line = EpochFloorLine(mark: EpochFloor.Mark(.epoch(.everyone), 2), total: 2)
    try self.append(line.bytes)
    try await self.withStore { store async throws in
      #expect(try await store.read { try $0.epoch(of: .everyone) } == 2)
      #expect(store.floorReport.raisedCount == 1)
    }
  }

  @Test func `a line that breaks off is of a logout that nobody was told of`() async throws {
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .everyone) } }
    let line = EpochFloorLine(mark: EpochFloor.Mark(.epoch(.everyone), 2), total: 2).bytes
    let whole = try Data(contentsOf: URL(filePath: self.floorPath))
    for count in 1..<line.count {
      try (whole + line.prefix(count)).write(to: URL(filePath: self.floorPath))
      try await self.withStore { store async throws in
        #expect(try await store.read { try $0.epoch(of: .everyone) } == 1)
        #expect(store.floorReport == EpochFloorReport())
      }
      #expect(try Data(contentsOf: URL(filePath: self.floorPath)) == whole)
    }
  }

  @Test func `without the file the database's own epochs hold, and it is made anew`() async throws {
    try await self.withStore { try await self.logOutAll($0) }
    try FileManager.default.removeItem(atPath: self.floorPath)
    let copies = try TemporaryFolder()
    try self.copyDatabase(to: copies.path + "/all")
    try await self.withStore { store async throws in
      #expect(store.floorReport.wasMissing)
      #expect(try await self.epochs(of: store) == Self.all)
      _ = try await store.write { try $0.advanceEpoch(of: .everyone) }
    }
    try self.restoreDatabase(from: copies.path + "/all")
    try await self.withStore { store async throws in
      #expect(try await self.epochs(of: store).first == 7)
      #expect(!store.floorReport.wasMissing)
    }
  }

  @Test(arguments: [3, -1])
  func `a damaged file beside a database that is whole harms nobody`(line: Int) async throws {
    try await self.withStore { try await self.logOutAll($0) }
    try self.damage(line: line)
    try await self.withStore { store async throws in
      #expect(store.floorReport.damagedLineCount == 1)
      #expect(!store.floorReport.isEveryoneLoggedOut)
      #expect(try await self.epochs(of: store) == Self.all)
    }
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
    }
  }

  @Test(arguments: [0, 3, -1])
  func `a damaged file beside an older database logs everybody out`(line: Int) async throws {
    let copies = try TemporaryFolder()
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .everyone) } }
    try self.copyDatabase(to: copies.path + "/older")
    try await self.withStore { try await self.logOutAll($0) }
    try self.damage(line: line)
    try self.restoreDatabase(from: copies.path + "/older")
    try await self.withStore { store async throws in
      #expect(store.floorReport.isEveryoneLoggedOut)
      let everyone = try await store.read { try $0.epoch(of: .everyone) }
      #expect(everyone > 1 << 32)
    }
    try await self.withStore { store async throws in
      #expect(store.floorReport == EpochFloorReport())
      #expect(try await store.read { try $0.epoch(of: .everyone) } > 1 << 32)
    }
  }

  @Test func `a lost last line counts as a logout that the older database may not know`()
    async throws
  {
    let copies = try TemporaryFolder()
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .everyone) } }
    try self.copyDatabase(to: copies.path + "/older")
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .kind(.app)) } }
    try self.damage(line: -1)
    // What is left of the file tells of no logout that this copy does not know.
    try self.restoreDatabase(from: copies.path + "/older")
    try await self.withStore { #expect($0.floorReport.isEveryoneLoggedOut) }
  }

  /// The first of the two told of so much that the sum of what is left of the file is reached
  /// without the second.
  @Test(arguments: [false, true])
  func `two lost last lines are never taken for what one of them said`(
    isBreakLost: Bool
  ) async throws {
    let copies = try TemporaryFolder()
    try await self.withStore { store async throws in
      for _ in 1...5 { try await store.write { try $0.advanceAccessMark(of: .kind(.camera)) } }
    }
    try await self.withStore { try await $0.write { try $0.advanceAccessMark(of: .kind(.app)) } }
    try self.copyDatabase(to: copies.path + "/between")
    try await self.withStore { _ = try await $0.write { try $0.advanceEpoch(of: .everyone) } }
    if isBreakLost {
      var lines = try Data(contentsOf: URL(filePath: self.floorPath))
      let last = try #require(lines.dropLast().lastIndex(of: UInt8(ascii: "\n")))
      lines[last] = UInt8(ascii: "*")
      try lines.write(to: URL(filePath: self.floorPath))
    } else {
      for line in [-1, -2] { try self.damage(line: line) }
    }
    try self.restoreDatabase(from: copies.path + "/between")
    try await self.withStore { store async throws in
      #expect(store.floorReport.isEveryoneLoggedOut)
      #expect(try await store.read { try $0.epoch(of: .everyone) } > 1)
    }
  }

  @Test func `a line with any character changed is none`() {
    let mark = EpochFloor.Mark(
      .epoch(.issuedBefore), 123, before: UnixMilliseconds(1_577_352_060_000))
    let bytes = Array(EpochFloorLine(mark: mark, total: 456).bytes.dropLast())
    #expect(EpochFloorLine(bytes[...])?.mark == mark)
    for index in bytes.indices {
      var garbled = bytes
      // A digit stays a digit.
      garbled[index] ^= 1
      #expect(EpochFloorLine(garbled[...]) == nil, "character \(index)")
    }
  }

  @Test func `a body that throws leaves no line`() async throws {
    struct Refused: Error {}
    try await self.withStore { store async throws in
      _ = try await store.write { try $0.advanceEpoch(of: .kind(.app)) }
      await #expect(throws: Refused.self) {
        try await store.write { transaction in
          _ = try transaction.advanceEpoch(of: .everyone)
          throw Refused()
        }
      }
      _ = try await store.write { try $0.addCutOff(before: UnixMilliseconds(5)) }
    }
    let text = try String(contentsOfFile: self.floorPath, encoding: .utf8)
    #expect(
      text.split(separator: "\n").map {
        $0.split(separator: " ").dropLast(2).joined(separator: " ")
      }
        == ["kind app 1 -", "issued_before - 1 5"])
  }

  @Test func `a logout fails whose line can't be written, and leaves the epoch`() async throws {
    let store = try SQLiteStore(folder: self.folder.path)
    try FileManager.default.removeItem(atPath: self.floorPath)
    // What is written to the device goes nowhere and says so.
    let full = try AppendedFile(appendingTo: "/dev/full")
    let floor = EpochFloor(file: full, total: 0)
    let error = #expect(throws: StoreError.self) {
      try floor.append([(EpochFloor.Mark(.epoch(.everyone), 1), by: 1)])
    }
    #expect(error?.code == .diskFull)
    try await store.close()
  }

  @Test func `the file is for its owner only and does not grow for ever`() async throws {
    try await self.withStore { store async throws in
      for _ in 1...1_100 { _ = try await store.write { try $0.advanceEpoch(of: .everyone) } }
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: self.floorPath)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try self.lineCount == 1_100)
    try await self.withStore { store async throws in
      #expect(try await store.read { try $0.epoch(of: .everyone) } == 1_100)
    }
    #expect(try self.lineCount == 1)
    try await self.withStore { store async throws in
      #expect(try await store.read { try $0.epoch(of: .everyone) } == 1_100)
    }
  }

  private var lineCount: Int {
    get throws {
      try String(contentsOfFile: self.floorPath, encoding: .utf8).split(separator: "\n").count
    }
  }

  private func append(_ bytes: [UInt8]) throws {
    let data = try Data(contentsOf: URL(filePath: self.floorPath))
    try (data + bytes).write(to: URL(filePath: self.floorPath))
  }

  /// - Parameter line: From 0; -1 is the last.
  private func damage(line: Int) throws {
    var lines = try String(contentsOfFile: self.floorPath, encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let index = line < 0 ? lines.count + line : line
    lines[index] = lines[index].replacing(" 1 ", with: " 9 ").replacing("6", with: "5")
    if EpochFloorLine(Array(lines[index].utf8)[...]) != nil { lines[index] += "x" }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: self.floorPath))
  }
}
