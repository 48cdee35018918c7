import CloudCore
import GRDB
import Glibc

extension StoreError {
  /// From a failed system call.
  init(errno: Int32, path: String, attempted: String) {
    let code: StoreError.Code =
      switch errno {
      case EWOULDBLOCK: .inUse
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOSPC, EDQUOT: .diskFull
      case EIO: .inputOutput
      default: .failed
      }
    let detail =
      errno == EWOULDBLOCK ? "another process uses it" : String(cString: strerror(errno))
    self.init(code: code, path: path, attempted: attempted, detail: detail)
  }

  /// From whatever GRDB threw. The SQL, which it would print with its arguments, is left out.
  init(_ error: any Error, path: String, attempted: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(
        code: .failed, path: path, attempted: attempted, detail: String(describing: type(of: error))
      )
      return
    }
    let code: StoreError.Code =
      switch error.resultCode {
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
      case .SQLITE_FULL: .diskFull
      case .SQLITE_IOERR: .inputOutput
      case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_AUTH: .permissionDenied
      case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse
      case .SQLITE_MISUSE: .closed
      default: .failed
      }
    self.init(
      code: code, path: path, attempted: attempted,
      // A backup tells why it failed by its code alone: to its connection nothing happened.
      detail: error.message.flatMap { $0 == "not an error" ? nil : $0 }
        ?? "SQLite error \(error.extendedResultCode)")
  }
}
