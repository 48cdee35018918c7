package enum PairingTokenOutcome: Equatable, Sendable {
  case created(token: Secret, expiresInSeconds: UInt32)
  /// What is wrong with the request.
  case invalid(String)
  /// Only an app makes pairing tokens.
  case wrongKind
  /// The token has died since it was checked, before this transaction.
  case refused(TokenRefusal)
}
