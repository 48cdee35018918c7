package import CloudCore
import DeviceProtocol
import Foundation
package import GRDB
import GRDBSQLite

/// A row's columns, read one after the other. One that does not have the shape that the schema
/// promises is a damaged record, not a trap.
struct Columns {
  private let statement: SQLiteStatement
  private let count: CInt
  private let path: String
  private var index: CInt = 0

  /// - Parameter statement: Of its present row.
  init(of statement: SQLiteStatement, path: String) {
    self.statement = statement
    self.count = sqlite3_data_count(statement)
    self.path = path
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

  /// Reads the next column, unless it is NULL.
  ///
  /// - Parameter type: What it has to be then, such as `SQLITE_TEXT`.
  private mutating func next<Value>(
    _ type: CInt, _ read: (SQLiteStatement, CInt) throws -> Value
  ) throws -> Value? {
    guard self.index < self.count else { throw self.damaged }
    defer { self.index += 1 }
    switch sqlite3_column_type(self.statement, self.index) {
    case SQLITE_NULL: return nil
    case type: return try read(self.statement, self.index)
    default: throw self.damaged
    }
  }

  /// - Parameter body: Gets the bytes where they lie.
  private mutating func nextBytes<Value>(
    _ type: CInt, _ body: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value? {
    try self.next(type) { statement, index in
      // In this order: the first may have to convert, the second says how long that is. A text is
      // its bytes. Of none of them there is no address.
      let start = sqlite3_column_blob(statement, index)
      return try body(
        UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index))))
    }
  }

  mutating func integerOrNil<Integer: FixedWidthInteger>() throws -> Integer? {
    try self.next(SQLITE_INTEGER) { sqlite3_column_int64($0, $1) }
      .map { try self.unwrap(Integer(exactly: $0)) }
  }

  mutating func textOrNil() throws -> String? {
    try self.nextBytes(SQLITE_TEXT) { String(decoding: $0, as: UTF8.self) }
  }

  mutating func bytesOrNil() throws -> [UInt8]? { try self.nextBytes(SQLITE_BLOB) { Array($0) } }

  mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
    try self.unwrap(self.integerOrNil())
  }

  mutating func text() throws -> String { try self.unwrap(self.textOrNil()) }

  /// Without a copy on the heap: every request reads several of these.
  mutating func bytes32OrNil() throws -> Bytes32? {
    try self.nextBytes(SQLITE_BLOB) { Bytes32($0) }.map { try self.unwrap($0) }
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
    try self.nextBytes(SQLITE_TEXT) { UUIDBits(utf8: $0) }.map { try self.unwrap($0) }
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

func column(_ bytes: Bytes32) -> any StatementBinding { bytes }

func column(_ id: UUIDBits) -> any StatementBinding { id }

extension FixedBytes: StatementBinding {
  package func bind(to statement: SQLiteStatement, at index: CInt) -> CInt {
    self.withUnsafeBytes {
      sqlite3_bind_blob(statement, index, $0.baseAddress, CInt($0.count), copied)
    }
  }
}

/// As its text.
extension UUIDBits: StatementBinding {
  package func bind(to statement: SQLiteStatement, at index: CInt) -> CInt {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textByteCount) { text in
      self.write(to: text)
      return text.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(statement, index, $0.baseAddress, CInt($0.count), copied)
      }
    }
  }
}

/// `SQLITE_TRANSIENT`, a macro: SQLite copies what is bound.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Of `SQLiteTransaction.epochColumns`, in their order.
func columns(_ epochs: EpochReading) -> [Int64] {
  [
    epochs.everyone, epochs.kind, epochs.account, epochs.device, epochs.session, epochs.region,
    epochs.issuedBefore,
  ].map(column)
}
