/// What the operator sees; `docs/protocol.md`, "The admin listener".
package struct CloudStatus: Equatable, Sendable {
  package let accounts: UInt64
  /// Live sessions; a kind without any is absent.
  package let liveSessions: [ClientKind: UInt64]
  package let everyoneEpoch: UInt64
  /// Of every kind.
  package let kindEpochs: [ClientKind: UInt64]
  /// Newest first.
  package let logouts: [LogoutEntry]
  /// By id.
  package let devices: [DeviceEntry]
  /// Whether there are more devices or logouts than were asked for.
  package let isTruncated: Bool

  package struct LogoutEntry: Equatable, Sendable {
    package let record: LogoutRecord
    /// Of the account that was logged out, when that was the scope.
    package let accountEmail: EmailAddress?
  }

  package struct DeviceEntry: Equatable, Sendable {
    package let view: DeviceView
    package let ownerEmail: EmailAddress?
    /// Of its session, live or dead.
    package let generation: UInt64?
  }
}
