import CloudCore
import DeviceProtocol
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
    _ sql: String, _ arguments: [(any StatementBinding)?] = [],
    changing change: Change = .anything
  ) throws {
    self.changed?.add(change)
    try self.database.run(sql, arguments)
  }

  /// - Returns: The first row as `decode` reads it; nil if there is none.
  func fetchOne<Value>(
    _ sql: String, _ arguments: [(any StatementBinding)?] = [],
    as decode: (inout Columns) throws -> Value
  ) throws -> Value? {
    let statement = try RunningStatement(sql, arguments, in: self.database)
    guard try statement.next() else { return nil }
    var columns = statement.columns(path: self.path)
    return try decode(&columns)
  }

  func fetchAll<Value>(
    _ sql: String, _ arguments: [(any StatementBinding)?] = [],
    as decode: (inout Columns) throws -> Value
  ) throws -> [Value] {
    let statement = try RunningStatement(sql, arguments, in: self.database)
    var values: [Value] = []
    while try statement.next() {
      var columns = statement.columns(path: self.path)
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
