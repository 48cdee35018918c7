import DeviceProtocol

/// What proves to the cloud that the device is logged in; the record `.credentials`.
struct Credentials: Equatable {
  /// The refresh token to use.
  let current: [UInt8]
  /// The one before it, until the current one has worked.
  let previous: [UInt8]?

  init(current: [UInt8], previous: [UInt8]?) {
    self.current = current
    self.previous = previous
  }

  var withoutPrevious: Credentials { Credentials(current: self.current, previous: nil) }
}

extension Credentials {
  private static let version: UInt8 = 1

  /// Nil for bytes that are not such a record.
  init?(record: [UInt8]) {
    var reader = LittleEndianReader(record)
    guard reader.number(UInt8.self) == Self.version, let current = reader.countedBytes(),
      let previous = reader.countedBytes(), reader.isAtEnd, !current.isEmpty
    else { return nil }
    self.init(current: current, previous: previous.isEmpty ? nil : previous)
  }

  var record: [UInt8] {
    var bytes: [UInt8] = [Self.version]
    bytes.append(counted: self.current)
    bytes.append(counted: self.previous ?? [])
    return bytes
  }
}

/// Opens the cloud's resources; in memory only.
struct AccessToken: Equatable {
  let bytes: [UInt8]
  /// When to have it replaced, ahead of its expiry.
  let refreshAt: Instant
}

/// What a grant gave: to be stored first and used then.
struct Grant: Equatable {
  let credentials: Credentials
  let access: AccessToken
}
