package enum DeviceSessionState: String, Sendable, CaseIterable { case live, dead, none }

/// A device as its owner sees it.
package struct DeviceView: Equatable, Sendable {
  package let record: DeviceRecord
  package let session: DeviceSessionState
}

package enum RemoveDeviceOutcome: Equatable, Sendable {
  case removed([CloudEvent])
  /// There is none, or it is not the caller's.
  case notFound
  case wrongKind
  /// The token has died since it was checked, before this transaction.
  case refused(TokenRefusal)
}
