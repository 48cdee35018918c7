import DeviceCore
import Glibc

/// Why a connection with the cloud failed, for the machine and in words for the journal.
struct ConnectionFailure: Error, Equatable {
  let failure: ConnectFailure
  let detail: String

  init(_ failure: ConnectFailure, _ detail: String) {
    self.failure = failure
    self.detail = detail
  }

  /// - Parameter code: The `errno` value of a call on the socket.
  init(systemCode code: CInt) {
    let failure: ConnectFailure =
      switch code {
      case ECONNREFUSED: .refused
      case ETIMEDOUT: .timedOut
      case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL: .noRoute
      default: .reset
      }
    self.init(failure, systemErrorText(code))
  }
}
