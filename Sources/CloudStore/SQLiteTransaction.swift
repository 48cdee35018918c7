import CloudCore
import DeviceProtocol
import Foundation
import GRDB

/// A transaction of the database, or a snapshot that is only read. Prepared statements are kept by
/// the connection.
struct SQLiteTransaction {
  let database: Database
  let path: String
  /// Collects the epochs that this transaction raises; nil where none is.
  var raised: RaisedEpochs? = nil
  /// Collects what this transaction changes; nil where nobody is to know.
  var changed: ChangedRecords? = nil
  /// Collects what is read for checks of tokens; nil where nobody wants it.
  var readFacts: ReadFacts? = nil

  /// - Parameter change: What the statement may change of that which checks of tokens read.
  func execute(
    _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = [],
    changing change: Change = .anything
  ) throws {
    self.changed?.add(change)
    try self.database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
  }

  /// - Returns: The first row as `decode` reads it; nil if there is none.
  func fetchOne<Value>(
    _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = [],
    as decode: (inout Columns) throws -> Value
  ) throws -> Value? {
    let statement = try self.database.cachedStatement(sql: sql)
    let rows = try Row.fetchCursor(statement, arguments: StatementArguments(arguments))
    return try rows.next().map { row in
      var columns = Columns(row, path: self.path)
      return try decode(&columns)
    }
  }

  func fetchAll<Value>(
    _ sql: String, _ arguments: [(any DatabaseValueConvertible)?] = [],
    as decode: (inout Columns) throws -> Value
  ) throws -> [Value] {
    let statement = try self.database.cachedStatement(sql: sql)
    let rows = try Row.fetchCursor(statement, arguments: StatementArguments(arguments))
    var values: [Value] = []
    while let row = try rows.next() {
      var columns = Columns(row, path: self.path)
      values.append(try decode(&columns))
    }
    return values
  }

  func storeError(_ error: any Error) -> StoreError {
    StoreError(error, path: self.path, attempted: "use the database")
  }
}

/// The counters that a transaction has raised, in their order, and by how much.
final class RaisedEpochs {
  var marks: [(mark: EpochFloor.Mark, by: UInt64)] = []
}

/// A row's columns, read one after the other. One that does not have the shape that the schema
/// promises is a damaged record, not a trap.
struct Columns {
  private let row: Row
  private let path: String
  private var index = 0

  init(_ row: Row, path: String) {
    self.row = row
    self.path = path
  }

  /// Nil for NULL.
  private mutating func next() throws -> DatabaseValue.Storage? {
    guard self.index < self.row.count else { throw self.damaged }
    let value: DatabaseValue = self.row[self.index]
    self.index += 1
    return value.isNull ? nil : value.storage
  }

  var damaged: StoreError {
    StoreError(
      code: .corrupt, path: self.path, attempted: "read a record",
      detail: "column \(self.index) does not have the shape that the schema promises")
  }

  private func unwrap<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw self.damaged }
    return value
  }

  mutating func integerOrNil<Integer: FixedWidthInteger>() throws -> Integer? {
    switch try self.next() {
    case nil: nil
    case .int64(let number): try self.unwrap(Integer(exactly: number))
    default: throw self.damaged
    }
  }

  mutating func textOrNil() throws -> String? {
    switch try self.next() {
    case nil: nil
    case .string(let text): text
    default: throw self.damaged
    }
  }

  mutating func bytesOrNil() throws -> [UInt8]? {
    switch try self.next() {
    case nil: nil
    case .blob(let data): Array(data)
    default: throw self.damaged
    }
  }

  mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
    try self.unwrap(self.integerOrNil())
  }

  mutating func text() throws -> String { try self.unwrap(self.textOrNil()) }

  /// Without a copy on the heap: every request reads several of these.
  mutating func bytes32OrNil() throws -> Bytes32? {
    guard self.index < self.row.count else { throw self.damaged }
    defer { self.index += 1 }
    return try self.row.withUnsafeData(atIndex: self.index) { data in
      try data.map { try self.unwrap(Bytes32($0)) }
    }
  }

  mutating func ssidOrNil() throws -> SSID? {
    try self.bytesOrNil().map { try self.unwrap(SSID($0)) }
  }

  mutating func bytes() throws -> [UInt8] { try self.unwrap(self.bytesOrNil()) }

  mutating func bytes32() throws -> Bytes32 { try self.unwrap(self.bytes32OrNil()) }

  mutating func wordOrNil<Word: RawRepresentable<String>>() throws -> Word? {
    try self.textOrNil().map { try self.unwrap(Word(rawValue: $0)) }
  }

  mutating func word<Word: RawRepresentable<String>>() throws -> Word {
    try self.unwrap(self.wordOrNil())
  }

  /// What a text stands for.
  mutating func value<Value>(_ make: (String) -> Value?) throws -> Value {
    try self.unwrap(make(try self.text()))
  }

  mutating func uuidOrNil() throws -> UUIDBits? {
    try self.textOrNil().map { try self.unwrap(UUIDBits($0)) }
  }

  mutating func uuid() throws -> UUIDBits { try self.unwrap(self.uuidOrNil()) }

  mutating func time() throws -> UnixMilliseconds { UnixMilliseconds(try self.integer()) }

  mutating func timeOrNil() throws -> UnixMilliseconds? {
    try self.integerOrNil().map { UnixMilliseconds($0) }
  }

  mutating func epochs() throws -> EpochReading {
    let (everyone, kind): (UInt64, UInt64) = (try self.integer(), try self.integer())
    let (account, device): (UInt64, UInt64) = (try self.integer(), try self.integer())
    let (session, region): (UInt64, UInt64) = (try self.integer(), try self.integer())
    return EpochReading(
      everyone: everyone, kind: kind, region: region, account: account, device: device,
      session: session, issuedBefore: try self.integer())
  }
}

/// SQLite's integers are signed; what lies beyond, which no counter reaches, is kept as the
/// largest.
func column(_ number: UInt64) -> Int64 { Int64(clamping: number) }

func column(_ time: UnixMilliseconds) -> Int64 { Int64(clamping: time.value) }

func column(_ bytes: [UInt8]) -> Data { Data(bytes) }

func column(_ bytes: Bytes32) -> Data { bytes.withUnsafeBytes { Data($0) } }

/// Of `SQLiteTransaction.epochColumns`, in their order.
func columns(_ epochs: EpochReading) -> [Int64] {
  [
    epochs.everyone, epochs.kind, epochs.account, epochs.device, epochs.session, epochs.region,
    epochs.issuedBefore,
  ].map(column)
}
