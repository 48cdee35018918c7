/// The success of a grant (RFC 6749 §5.1).
package struct TokenResponse: Equatable, Sendable {
  /// A longer refresh token would not fit a device's flash record with its predecessor.
  package static let tokenByteCountLimit = 900
  /// Access tokens are in no record. One that is a JWT, bound and signed by RSA, has over 1,000 bytes.
  private static let accessTokenByteCountLimit = 2_048
  package static let accountIDByteCountLimit = 128

  package let accessToken: [UInt8]
  /// As the cloud says; nothing keeps it from being 0 or years.
  package let expiresInSeconds: UInt32
  package let refreshToken: [UInt8]
  package let deviceID: [UInt8]?
  package let accountID: [UInt8]?

  package init(
    accessToken: [UInt8], expiresInSeconds: UInt32, refreshToken: [UInt8], deviceID: [UInt8]?,
    accountID: [UInt8]?
  ) {
    self.accessToken = accessToken
    self.expiresInSeconds = expiresInSeconds
    self.refreshToken = refreshToken
    self.deviceID = deviceID
    self.accountID = accountID
  }

  /// - Throws: Also for a token that is empty, too long or not visible ASCII (it goes into a
  ///   header), and for a `token_type` other than `Bearer`, in any case (RFC 6749 §7.1).
  package init(parsing body: [UInt8]) throws(MessageError) {
    let object = try JSONValue(messageBody: body)
    let tokenType = try object.string("token_type")
    guard tokenType.map({ $0.asciiLowercased }).isText("bearer") else {
      throw .badMember(.init("token_type"))
    }
    let lifetime: Int64 = try object.number("expires_in")
    let accountID = try object.optionalString("account_id")
    guard accountID?.count ?? 0 <= Self.accountIDByteCountLimit else {
      throw .badMember(.init("account_id"))
    }
    self.init(
      accessToken: try Self.token(
        "access_token", of: object, limit: Self.accessTokenByteCountLimit),
      expiresInSeconds: UInt32(clamping: lifetime),
      refreshToken: try Self.token(
        "refresh_token", of: object, limit: Self.tokenByteCountLimit),
      deviceID: try object.optionalString("device_id"), accountID: accountID)
  }

  package var bytes: [UInt8] {
    // Straight into the text, as a fleet is given many of these.
    var writer = JSONWriter(byteCount: 224 + self.accessToken.count + self.refreshToken.count)
    writer.writeRaw("{\"access_token\":")
    writer.writeString(self.accessToken)
    writer.writeRaw(",\"token_type\":\"Bearer\",\"expires_in\":")
    writer.write(Int64(self.expiresInSeconds))
    writer.writeRaw(",\"refresh_token\":")
    writer.writeString(self.refreshToken)
    if let deviceID = self.deviceID {
      writer.writeRaw(",\"device_id\":")
      writer.writeString(deviceID)
    }
    if let accountID = self.accountID {
      writer.writeRaw(",\"account_id\":")
      writer.writeString(accountID)
    }
    writer.writeRaw("}")
    return writer.bytes
  }

  private static func token(
    _ key: StaticString, of object: JSONValue, limit: Int
  ) throws(MessageError) -> [UInt8] {
    let token = try object.string(key)
    guard (1...limit).contains(token.count),
      token.allSatisfy({ $0.isVisibleASCII })
    else { throw .badMember(.init(key)) }
    return token
  }
}
