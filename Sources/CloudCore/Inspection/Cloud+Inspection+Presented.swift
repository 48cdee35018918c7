package import DeviceProtocol

extension Cloud {
  /// As `inspect(_:kind:in:at:)`, of what a client presented as an access or a refresh token.
  package func inspect(
    _ token: Secret, in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> TokenInspection {
    let isRefreshToken = TokenPrefix.refresh.bytes(of: token) != nil
    return try self.inspect(
      token, kind: isRefreshToken ? .refresh : .access, in: reader, at: now)
  }
}
