import DeviceProtocol

extension Cloud {
  /// Whom a token request is about, for `FaultPlan.decide`. Changes nothing and trusts nothing: the
  /// request itself is checked when it is answered.
  package func subject(
    of request: TokenRequest, certificate: DeviceCertificate?, in reader: any StoreReader
  ) throws -> TokenRequestSubject {
    func subject(
      _ grant: GrantName, _ device: DeviceID?, _ account: AccountID?
    ) throws -> TokenRequestSubject {
      TokenRequestSubject(
        grant: grant, device: device,
        accountEmail: try account.flatMap { try reader.account($0)?.email })
    }
    switch request {
    case .authorizationCode(let code, _, _, _):
      let record = try TokenPrefix.authorizationCode.bytes(of: code).flatMap {
        try reader.authorizationCode(hash: TokenHash(of: $0))
      }
      return try subject(.authorizationCode, nil, record?.account)
    case .refreshToken(let token, _):
      let session = try RefreshToken(parsing: token, keys: self.configuration.keys).flatMap {
        try reader.session($0.session)
      }
      return try subject(.refreshToken, session?.device, session?.account)
    case .deviceCode(let code, _):
      let record = try TokenPrefix.deviceCode.bytes(of: code).flatMap {
        try reader.deviceAuthorization(hash: TokenHash(of: $0))
      }
      guard case .approved(let account, _, _)? = record?.decision else {
        return try subject(.deviceCode, nil, nil)
      }
      return try subject(.deviceCode, nil, account)
    case .pairing(let token, _, _, _):
      let record = try TokenPrefix.pairing.bytes(of: token).flatMap {
        try reader.pairingToken(hash: TokenHash(of: $0))
      }
      return try subject(.pairing, certificate?.deviceID, record?.account)
    case .relink:
      let owner = try certificate.flatMap { try reader.device($0.deviceID)?.owner }
      return try subject(.relink, certificate?.deviceID, owner)
    }
  }
}
