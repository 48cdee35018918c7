import CloudCore
import DeviceProtocol

/// Of `POST /v1/accounts`.
struct RegistrationBody: StrictBody {
  let email: String
  let password: PasswordText
  let region: String?

  enum Member: String, CodingKey, CaseIterable { case email, password, region }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self.email = try members.decode(String.self, forKey: .email)
    self.password = PasswordText(try members.decode(String.self, forKey: .password))
    self.region = try members.decodeIfPresent(String.self, forKey: .region)
  }
}

/// Of `POST /v1/account/password`.
struct PasswordChangeBody: StrictBody {
  let oldPassword: PasswordText
  let newPassword: PasswordText
  let endOtherSessions: Bool?

  enum Member: String, CodingKey, CaseIterable {
    case oldPassword = "old_password"
    case newPassword = "new_password"
    case endOtherSessions = "end_other_sessions"
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self.oldPassword = PasswordText(try members.decode(String.self, forKey: .oldPassword))
    self.newPassword = PasswordText(try members.decode(String.self, forKey: .newPassword))
    self.endOtherSessions = try members.decodeIfPresent(Bool.self, forKey: .endOtherSessions)
  }
}

/// Of `POST /v1/account/totp`.
struct ConfirmationBody: StrictBody {
  let password: PasswordText

  enum Member: String, CodingKey, CaseIterable { case password }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self.password = PasswordText(try members.decode(String.self, forKey: .password))
  }
}

/// A code of the authenticator, or a recovery code.
struct CodeBody: StrictBody {
  let code: Secret

  enum Member: String, CodingKey, CaseIterable { case code }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Member.self)
    self.code = Secret(try members.decode(String.self, forKey: .code))
  }
}

struct OwnAccountBody: Encodable {
  let view: AccountView

  enum CodingKeys: String, CodingKey {
    case email
    case accountID = "account_id"
    case createdAt = "created_at"
    case secondFactor = "second_factor"
    case recoveryCodesLeft = "recovery_codes_left"
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.view.account.id.text, forKey: .accountID)
    try members.encode(self.view.account.email.text, forKey: .email)
    try members.encode(self.view.account.createdAt.value, forKey: .createdAt)
    try members.encode(self.view.secondFactor.rawValue, forKey: .secondFactor)
    try members.encode(self.view.recoveryCodesLeft, forKey: .recoveryCodesLeft)
  }
}

struct PasswordChangedBody: Encodable {
  let endedSessions: Int

  enum CodingKeys: String, CodingKey { case endedSessions = "ended_sessions" }
}

struct EnrolmentBody: Encodable {
  let enrolment: Enrolment

  enum CodingKeys: String, CodingKey { case secret, uri, algorithm, digits, period }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.enrolment.secret.text, forKey: .secret)
    try members.encode(self.enrolment.uri.text, forKey: .uri)
    try members.encode("SHA1", forKey: .algorithm)
    try members.encode(OneTimePassword.digitCount, forKey: .digits)
    try members.encode(OneTimePassword.stepSeconds, forKey: .period)
  }
}

struct RecoveryCodesBody: Encodable {
  let codes: [Secret]

  enum CodingKeys: String, CodingKey { case codes = "recovery_codes" }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(self.codes.map(\.text), forKey: .codes)
  }
}

struct SessionListBody: Encodable { let sessions: [ListedSessionBody] }

struct ListedSessionBody: Encodable {
  let view: OwnSession

  enum CodingKeys: String, CodingKey {
    case id, kind, nickname, current
    case clientID = "client_id"
    case deviceID = "device_id"
    case createdAt = "created_at"
    case lastUsedAt = "last_used_at"
  }

  func encode(to encoder: any Encoder) throws {
    let session = self.view.session
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(session.id.text, forKey: .id)
    try members.encode(session.kind, forKey: .kind)
    try members.encode(session.clientID, forKey: .clientID)
    try members.encodeIfPresent(session.device?.text, forKey: .deviceID)
    try members.encodeIfPresent(self.view.nickname, forKey: .nickname)
    try members.encode(session.createdAt.value, forKey: .createdAt)
    try members.encode(self.view.lastUsedAt.value, forKey: .lastUsedAt)
    try members.encode(self.view.isCurrent, forKey: .current)
  }
}
