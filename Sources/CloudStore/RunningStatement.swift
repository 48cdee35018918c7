import GRDB
import GRDBSQLite

/// A statement that its connection has prepared and keeps, from its first row to its last.
///
/// By SQLite's own functions: each refresh runs eight statements for a few columns, and the rows and
/// arguments of GRDB took longer than SQLite did. For the same reason a value is bound as it is,
/// without a `DatabaseValue`.
struct RunningStatement: ~Copyable {
  private let statement: Statement
  private let database: Database

  /// - Parameter arguments: One for each `?`; nil is NULL.
  init(
    _ sql: String, _ arguments: [(any StatementBinding)?], in database: Database
  ) throws {
    let statement = try database.cachedStatement(sql: sql)
    let pointer = statement.sqliteStatement
    guard sqlite3_bind_parameter_count(pointer) == arguments.count else {
      throw DatabaseError(
        resultCode: .SQLITE_MISUSE, message: "\(arguments.count) arguments of a statement", sql: sql
      )
    }
    for (index, argument) in arguments.enumerated() {
      // What is not bound is NULL.
      guard let argument else { continue }
      let code = argument.bind(to: pointer, at: CInt(index) + 1)
      guard code == SQLITE_OK else {
        sqlite3_clear_bindings(pointer)
        throw Self.error(code, sql, in: database)
      }
    }
    self.statement = statement
    self.database = database
  }

  deinit {
    sqlite3_reset(self.statement.sqliteStatement)
    sqlite3_clear_bindings(self.statement.sqliteStatement)
  }

  /// Goes on to the next row.
  ///
  /// - Returns: False if there is none.
  func next() throws -> Bool {
    switch sqlite3_step(self.statement.sqliteStatement) {
    case SQLITE_ROW: true
    case SQLITE_DONE: false
    case let code: throw Self.error(code, self.statement.sql, in: self.database)
    }
  }

  /// Of the present row, which is read before the next one is asked for.
  func columns(path: String) -> Columns {
    Columns(of: self.statement.sqliteStatement, path: path)
  }

  private static func error(_ code: CInt, _ sql: String, in database: Database) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage, sql: sql)
  }
}

extension Database {
  /// Runs a statement to its end.
  func run(_ sql: String, _ arguments: [(any StatementBinding)?] = []) throws {
    let statement = try RunningStatement(sql, arguments, in: self)
    while try statement.next() {}
  }
}
