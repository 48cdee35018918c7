package import DeviceProtocol

/// What a browser keeps of a login, so that it is known again: 16 random bytes that name it, when
/// it was made (8, big-endian milliseconds) and an HMAC-SHA256 over both, the account and its
/// password's hash; in base64url.
///
/// It logs nobody in. It only gives its bearer a budget of failed attempts that others can't use up,
/// and is worth nothing after the password was changed.
package enum BrowserMark {
  /// 400 days, as long as browsers keep a cookie (RFC 6265bis §5.5).
  package static let lifeSeconds: UInt32 = 400 * 86_400

  static func make(
    for account: Account, keys: SignInKeys, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) -> Secret {
    var bytes = randomBytes(16, from: &random)
    bytes.append(bigEndian: now.value)
    bytes += keys.browserMark.code(of: Self.authenticated(bytes[...], of: account)[...]).bytes
    return Secret(String(decoding: Base64URL.encode(bytes), as: UTF8.self))
  }

  /// Nil unless it was made for this account, since its password was last changed, and is not too
  /// old.
  static func read(
    _ mark: Secret, of account: Account, keys: SignInKeys, at now: UnixMilliseconds
  ) -> BrowserID? {
    guard mark.text.utf8.count <= 128, let bytes = Base64URL.decode(mark.text.utf8),
      bytes.count == 16 + 8 + 32,
      keys.browserMark.isBeginning(
        bytes.suffix(32), ofCodeOf: Self.authenticated(bytes.dropLast(32), of: account)[...])
    else { return nil }
    var reader = ByteReader(bytes[16...])
    guard let madeAt = reader.uint64(),
      now < UnixMilliseconds(madeAt).adding(seconds: Self.lifeSeconds)
    else { return nil }
    return FixedBytes<16>(bytes[..<16]).map { BrowserID($0) }
  }

  private static func authenticated(_ bytes: ArraySlice<UInt8>, of account: Account) -> [UInt8] {
    var message = Array(bytes)
    message.append(account.id.bits)
    return message + Array(account.passwordHash.text.utf8)
  }
}

extension Cloud {
  /// What the owner's browser is to keep; `docs/protocol.md`, "Login". Nil when it has one already.
  package func browserMark(
    for owner: LoggedInOwner, marks: [Secret], at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) -> Secret? {
    guard self.browser(by: marks, of: owner.account, at: now) == nil else { return nil }
    return BrowserMark.make(
      for: owner.account, keys: self.configuration.signInKeys, at: now, random: &random)
  }

  /// Which browser these name, if one of them is of this account.
  func browser(
    by marks: [Secret], of account: Account, at now: UnixMilliseconds
  ) -> BrowserID? {
    marks.lazy.compactMap {
      BrowserMark.read($0, of: account, keys: self.configuration.signInKeys, at: now)
    }.first
  }
}
