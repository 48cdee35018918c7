import CloudCore

/// The password of every simulated owner, checked once for all: scrypt is meant to be slow, and what
/// a login does with the verdict is what the simulation is about.
struct OwnersPassword: Sendable {
  let hash: PasswordHash
  let right: PasswordVerdict
  let wrong: PasswordVerdict

  static let text = "a password of the simulation"

  static let shared = OwnersPassword()

  /// Of `text`, with the least cost that the cloud takes.
  private static let storedHash =
    "$scrypt$ln=10,r=8,p=1$cmVsaW5rIHNpbXVsYXRvcg$"
    + "PpelXCAUgoW37A7V-rwRv5FyZkRYLuWfX7_elxQ73Pw"

  private init() {
    do {
      guard let hash = PasswordHash(text: Self.storedHash) else {
        preconditionFailure("not the text of a hash")
      }
      self.hash = hash
      self.right = try self.hash.verify(Secret(Self.text))
      self.wrong = try self.hash.verify(Secret("another password"))
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
