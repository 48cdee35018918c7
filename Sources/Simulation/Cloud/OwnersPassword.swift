import CloudCore

/// The password of every simulated owner, checked once for all: scrypt is meant to be slow, and what
/// a login does with the verdict is what the simulation is about.
struct OwnersPassword: Sendable {
  let hash: PasswordHash
  let right: PasswordVerdict
  let wrong: PasswordVerdict

  static let text = "a password of the simulation"

  static let shared = OwnersPassword()

  private init() {
    var random = SeededRandom(seed: 0, stream: .identity)
    do {
      guard let password = Password(Self.text) else { preconditionFailure("too short") }
      self.hash = try PasswordHash(of: password, random: &random)
      self.right = try self.hash.verify(Secret(Self.text))
      self.wrong = try self.hash.verify(Secret("another password"))
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
