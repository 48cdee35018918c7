package import DeviceProtocol

/// What the authorization page carries from the password to the second factor: the account (16
/// bytes), when it expires (8, big-endian milliseconds) and an HMAC-SHA256 over both and what it is
/// good for: one purpose, one browser, this password, and until the next forced
/// logout. It is worth nothing without a code.
package struct LoginTicket {
  package static let lifeSeconds: UInt32 = 300

  let account: AccountID
  let expiresAt: UnixMilliseconds
  private let code: ArraySlice<UInt8>

  /// Nil for what no ticket looks like.
  init?(_ text: Secret) {
    guard text.text.utf8.count <= 128, let bytes = Base64URL.decode(text.text.utf8),
      bytes.count == 16 + 8 + 32
    else { return nil }
    var reader = ByteReader(bytes[...])
    guard let account = reader.uuid(), let expiresAt = reader.uint64() else { return nil }
    self.account = AccountID(bits: account)
    self.expiresAt = UnixMilliseconds(expiresAt)
    self.code = bytes.suffix(32)
  }

  func isRight(for binding: Binding, keys: SignInKeys) -> Bool {
    keys.loginTicket.isBeginning(
      self.code, ofCodeOf: binding.message(self.account, self.expiresAt)[...])
  }

  static func make(
    for binding: Binding, expiresAt: UnixMilliseconds, keys: SignInKeys
  ) -> Secret {
    var bytes: [UInt8] = []
    bytes.append(binding.account.id.bits)
    bytes.append(bigEndian: expiresAt.value)
    let message = binding.message(binding.account.id, expiresAt)
    bytes += keys.loginTicket.code(of: message[...]).bytes
    return Secret(String(decoding: Base64URL.encode(bytes), as: UTF8.self))
  }

  /// What a ticket is good for.
  struct Binding {
    let account: Account
    let purpose: LoginPurpose
    /// Random, in a cookie of the browser that showed the password.
    let browser: Secret
    let epochs: EpochReading

    fileprivate func message(_ account: AccountID, _ expiresAt: UnixMilliseconds) -> [UInt8] {
      var message: [UInt8] = []
      message.append(account.bits)
      message.append(bigEndian: expiresAt.value)
      // A logout of what was issued before any time counts, too: to show the password again is no loss.
      for number in [
        self.epochs.everyone, self.epochs.kind, self.epochs.region, self.epochs.account,
        self.epochs.issuedBefore,
      ] {
        message.append(bigEndian: number)
      }
      for text in [self.account.passwordHash.text, self.browser.text] + self.purpose.texts {
        message.append(bigEndian: UInt64(text.utf8.count))
        message += Array(text.utf8)
      }
      return message
    }
  }
}

/// What an owner logs in for.
package struct LoginPurpose: Equatable, Sendable {
  let clientID: String
  let texts: [String]

  package init(_ request: AuthorizationRequest) {
    self.clientID = request.clientID
    self.texts = [
      "authorization", request.clientID, request.redirectURI, request.codeChallenge,
      request.state ?? "",
      request.dpopKey.map { String(decoding: Base64URL.encode($0.bytes), as: UTF8.self) } ?? "",
    ]
  }

  package init(_ device: WaitingDevice) {
    self.clientID = device.clientID
    self.texts = ["device", device.clientID, device.userCode.text]
  }
}

extension Cloud {
  /// What the page carries on to the second factor.
  ///
  /// - Parameter browser: Random, and kept by the browser in a cookie.
  package func loginTicket(
    for proof: PasswordProof, to purpose: LoginPurpose, browser: Secret,
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Secret {
    LoginTicket.make(
      for: try self.ticketBinding(proof.account, purpose, browser, in: reader),
      expiresAt: now.adding(seconds: LoginTicket.lifeSeconds),
      keys: self.configuration.signInKeys)
  }

  /// The account whose password was shown, if the ticket is good for this purpose and browser.
  func account(
    by ticket: Secret, to purpose: LoginPurpose, browser: Secret,
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> Account? {
    guard let ticket = LoginTicket(ticket), now < ticket.expiresAt,
      // One from the future: the clock has jumped back, and would let it live for longer.
      ticket.expiresAt <= now.adding(seconds: LoginTicket.lifeSeconds),
      let account = try reader.account(ticket.account)
    else { return nil }
    let binding = try self.ticketBinding(account, purpose, browser, in: reader)
    return ticket.isRight(for: binding, keys: self.configuration.signInKeys) ? account : nil
  }
  /// As of a code that is made in the end: a logout that kills one kills the other.
  private func ticketBinding(
    _ account: Account, _ purpose: LoginPurpose, _ browser: Secret, in reader: any StoreReader
  ) throws -> LoginTicket.Binding {
    let subject = EpochSubject.code(of: account.id, kind: self.client(purpose.clientID)?.kind)
    return LoginTicket.Binding(
      account: account, purpose: purpose, browser: browser, epochs: try reader.epochs(for: subject))
  }
}
