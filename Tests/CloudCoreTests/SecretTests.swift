import CloudCore
import DeviceProtocol
import TestSupport
import Testing

/// Nothing that a log or a failure message could print shows a secret.
struct SecretTests {
  /// What `print`, `debugPrint`, interpolation in a container and `dump` make of it.
  private func texts(of value: some Any) -> String {
    var dumped = ""
    dump(value, to: &dumped)
    return [dumped, "\(value)", String(reflecting: value), "\([value])"].joined(separator: "\n")
  }

  @Test func `tokens show in no description of what carries them`() throws {
    let fixture = CloudFixture()
    let owner = EmailAddress("somebody@example.org")!
    let account = try fixture.register(owner)
    let app = try fixture.signIn(owner)
    let request = TokenRequest.refreshToken(token: app.refreshToken, clientID: "relink-app")
    let outcome = try fixture.token(request)
    let caller = try fixture.caller(app)
    let printed = [
      self.texts(of: app), self.texts(of: request), self.texts(of: outcome),
      self.texts(of: caller), self.texts(of: fixture.cloud), self.texts(of: account),
      self.texts(of: try fixture.transaction { try $0.session(app.session) }),
    ].joined()
    for secret in [app.accessToken, app.refreshToken, try outcome.tokens().refreshToken] {
      #expect(!printed.contains(secret.text))
      #expect(!printed.contains(secret.text.dropFirst(5).prefix(12)))
    }
    #expect(!printed.contains("somebody"))
    #expect(!printed.contains("$scrypt$"))
  }

  @Test func `keys and passwords show nothing`() throws {
    var random = SeededGenerator(seed: 1)
    let keys = TokenKeys(random: &random)
    let password = try #require(Password("a good password"))
    let hash = try PasswordHash(of: password, random: &random)
    let verdict = try hash.verify(Secret("a good password"))
    #expect(!self.texts(of: password).contains("good"))
    #expect(!self.texts(of: Secret("a good password")).contains("good"))
    #expect(!self.texts(of: verdict).contains(hash.text.suffix(20)))
    #expect(self.texts(of: keys).contains("<redacted>"))
    #expect(!self.texts(of: keys).contains("SymmetricKey"))
  }

  @Test func `the words on the wire are those that devices know`() {
    for code in GrantRefusal.Code.allCases {
      #expect(ErrorCode(Array(code.rawValue.utf8)) != nil, "\(code)")
    }
    for reason in GrantRefusal.Reason.allCases {
      #expect(ErrorReason(Array(reason.rawValue.utf8)) != nil, "\(reason)")
    }
    for refusal in PasswordRefusal.allCases {
      #expect(ErrorReason(Array(refusal.reason.utf8)) != nil, "\(refusal)")
    }
    let refusals: [TokenRefusal] = [
      .expired, .loggedOut(nil), .sessionEnded, .tokenUnknown, .wrongCertificate, .wrongScheme,
      .wrongKey,
    ]
    for refusal in refusals {
      #expect(ErrorReason(Array(refusal.reason.utf8)) != nil, "\(refusal)")
    }
  }
}
