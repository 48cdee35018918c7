/// The grants at the token endpoint, as faults name them.
package enum GrantName: String, Sendable, CaseIterable, Codable {
  case refreshToken = "refresh_token"
  case authorizationCode = "authorization_code"
  case deviceCode = "device_code"
  case pairing
  case relink
}

/// What a token request is about, as far as it can be told before it is answered.
package struct TokenRequestSubject: Equatable, Sendable {
  package let grant: GrantName
  package let device: DeviceID?
  package let accountEmail: EmailAddress?

  package init(grant: GrantName, device: DeviceID?, accountEmail: EmailAddress?) {
    self.grant = grant
    self.device = device
    self.accountEmail = accountEmail
  }
}

/// What a request is, as far as it can be told before it is answered; what can't is nil.
package struct FaultSubject: Equatable, Sendable {
  package var method: String
  /// Without the query.
  package var path: String
  /// The peer's, without its port.
  package var address: String
  package var grant: GrantName?
  package var clientID: String?
  package var kind: ClientKind?
  package var device: DeviceID?
  package var accountEmail: EmailAddress?

  package init(method: String, path: String, address: String = "") {
    self.method = method
    self.path = path
    self.address = address
  }
}
