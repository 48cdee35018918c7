import Crypto
import DeviceProtocol

extension SecondFactor {
  /// A new secret, sealed (AES-256-GCM) for this account and no other.
  static func sealing(
    _ secret: [UInt8], for account: AccountID, keys: SignInKeys, nonce: [UInt8]
  ) throws -> [UInt8] {
    let box = try AES.GCM.seal(
      secret, using: keys.seal, nonce: try AES.GCM.Nonce(data: nonce),
      authenticating: Array(account.text.utf8))
    return nonce + box.ciphertext + box.tag
  }

  /// Nil when the keys are not those that sealed it: then only recovery codes help.
  func oneTimePassword(keys: SignInKeys) -> OneTimePassword? {
    guard let box = try? AES.GCM.SealedBox(combined: self.sealedSecret),
      let secret = try? AES.GCM.open(
        box, using: keys.seal, authenticating: Array(self.account.text.utf8))
    else { return nil }
    return OneTimePassword(secret: Array(secret))
  }

  /// Whether the code is one of those that would do now: of the authenticator, or a recovery code.
  /// One that is right is used up.
  mutating func accept(
    _ code: Secret, keys: SignInKeys, at now: UnixMilliseconds
  ) -> Bool {
    if code.isOneTimePassword {
      let digits = String(
        decoding: code.text.utf8.filter { $0 != 0x20 }, as: UTF8.self)
      guard
        let step = self.oneTimePassword(keys: keys)?
          .step(of: digits, lastUsed: self.lastUsedStep, at: now)
      else { return false }
      self.lastUsedStep = step
      return true
    }
    guard let hash = RecoveryCode(code.text)?.hash,
      let index = self.recoveryCodes.firstIndex(of: hash)
    else { return false }
    self.recoveryCodes.remove(at: index)
    return true
  }

  /// - Returns: New ones in place of those that there were; shown this once.
  mutating func makeRecoveryCodes(random: inout some RandomNumberGenerator) -> [Secret] {
    var codes: [RecoveryCode] = []
    for _ in 0..<RecoveryCode.count { codes.append(RecoveryCode(random: &random)) }
    self.recoveryCodes = codes.map(\.hash)
    return codes.map(\.text)
  }
}

extension Secret {
  /// Whether it looks like a code of an authenticator: digits, maybe with spaces.
  var isOneTimePassword: Bool {
    self.text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == 0x20 }
  }
}
