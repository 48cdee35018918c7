import CloudCore
import DeviceProtocol
import Foundation

/// Makes a client of what a file says, and refuses what could not work.
struct ClientReader {
  let body: ClientBody
  /// Of the element in the file, as in `clients[2]`.
  let path: String
  let secretsFolder: String

  private static let longestByteCount = 2_048
  private static let maximumRedirectURICount = 100

  /// - Parameters:
  ///   - former: The built-in client of this id; nil for a new one.
  ///   - standard: The policy of a new client that names none.
  /// - Throws: `StrictDecodingError` that names the member; `CloudServerError` for a secret's file.
  func client(changing former: OAuthClient?, standard: TokenPolicy) throws -> OAuthClient {
    guard (1...64).contains(self.body.id.utf8.count),
      self.body.id.utf8.allSatisfy({ $0.isVisibleASCII && !"\"\\".utf8.contains($0) })
    else {
      throw self.bad("id", "must be 1 to 64 visible ASCII characters without \" and \\")
    }
    guard let kind = self.body.kind?.value ?? former?.kind else {
      throw StrictDecodingError(description: "missing member '\(self.path).kind'")
    }
    guard former == nil || former?.kind == kind else {
      throw self.bad("kind", "is another than that of the built-in client")
    }
    let grants = try self.grants(of: kind) ?? former?.grants ?? OAuthClient.usualGrants(of: kind)
    return OAuthClient(
      id: self.body.id, kind: kind,
      redirectURIs: try self.redirectURIs(
        of: kind, isNeeded: grants.contains(.authorizationCode), former: former?.redirectURIs),
      policy: try self.policy(standard: former?.policy ?? standard), grants: grants,
      authentication: try self.authentication(of: kind),
      accessTokenFormat: self.body.accessTokenFormat?.value ?? former?.accessTokenFormat ?? .opaque,
      senderConstraint: self.body.senderConstraint?.value ?? former?.senderConstraint)
  }

  func bad(_ member: String, _ detail: String) -> StrictDecodingError {
    StrictDecodingError(description: "member '\(self.path).\(member)' \(detail)")
  }

  // MARK: Policy

  private func policy(standard: TokenPolicy) throws -> TokenPolicy {
    guard self.body.preset == nil || self.body.rotation == nil else {
      throw self.bad("rotation", "does not go with 'preset', which has a rotation of its own")
    }
    var policy = self.body.preset?.value.policy ?? standard
    if let rotation = self.body.rotation { policy = TokenPolicy(rotation: rotation.rotation) }
    if let reaction = self.body.reaction { policy.reaction = reaction.value }
    policy.idleSeconds =
      try self.lifetime(self.body.idleSeconds, "idle_seconds") ?? policy.idleSeconds
    policy.absoluteSeconds =
      try self.lifetime(self.body.absoluteSeconds, "absolute_seconds") ?? policy.absoluteSeconds
    return policy
  }

  private func lifetime(_ seconds: WholeNumber<UInt32>?, _ member: String) throws -> UInt32? {
    guard let seconds else { return nil }
    guard seconds.value > 0 else { throw self.bad(member, "must be positive") }
    return seconds.value
  }

  // MARK: Grants

  private func grants(of kind: ClientKind) throws -> Set<GrantType>? {
    guard let names = self.body.grants?.map(\.value) else { return nil }
    let isDevice = ClientAuthentication.usual(for: kind) == .certificate
    let possible: [GrantName] =
      isDevice
      ? [.refreshToken, .pairing, .relink] : [.authorizationCode, .refreshToken, .deviceCode]
    guard !names.isEmpty, names.allSatisfy({ possible.contains($0) }) else {
      throw self.bad(
        "grants",
        "must be some of \(possible.map(\.rawValue).joined(separator: ", ")): others are none for a "
          + "client of kind \(kind.rawValue)")
    }
    return Set(names.map(\.type))
  }

  // MARK: Redirect URIs

  private func redirectURIs(
    of kind: ClientKind, isNeeded: Bool, former: [String]?
  ) throws -> [String] {
    let isDevice = ClientAuthentication.usual(for: kind) == .certificate
    guard let uris = self.body.redirectURIs else {
      guard !isNeeded || former?.isEmpty == false else {
        throw StrictDecodingError(description: "missing member '\(self.path).redirect_uris'")
      }
      return former ?? []
    }
    guard isDevice ? uris.isEmpty : (1...Self.maximumRedirectURICount).contains(uris.count) else {
      throw self.bad(
        "redirect_uris",
        isDevice
          ? "must be empty: a \(kind.rawValue) is paired, and no browser comes back to it"
          : "must have 1 to \(Self.maximumRedirectURICount) elements")
    }
    for (index, uri) in uris.enumerated() where !Self.isRedirectURI(uri) {
      throw self.bad(
        "redirect_uris[\(index)]",
        "must be an absolute URI without a fragment; http is for 127.0.0.1 and [::1] alone")
    }
    return uris
  }

  /// RFC 6749 §3.1.2; RFC 8252 §7 and RFC 9700 §2.6: `http` on loopback addresses only. The octets
  /// are those of RFC 3986, so that nothing else gets into a `Location`.
  private static func isRedirectURI(_ text: String) -> Bool {
    let isLegal = text.utf8.allSatisfy { byte in
      byte.isVisibleASCII && !"\"<>\\^`{|}#".utf8.contains(byte)
    }
    guard isLegal, text.utf8.count <= Self.longestByteCount, let uri = URLComponents(string: text),
      let scheme = uri.scheme?.lowercased(), uri.user == nil, uri.password == nil
    else { return false }
    switch scheme {
    case "https": return uri.host?.isEmpty == false
    case "http": return ["127.0.0.1", "[::1]", "::1"].contains(uri.host)
    // What a browser would run or show, rather than hand to an app.
    case "javascript", "data", "file", "blob", "about", "vbscript": return false
    default: return text.utf8.count > scheme.utf8.count + 1
    }
  }

  // MARK: Authentication

  private func authentication(of kind: ClientKind) throws -> ClientAuthentication {
    let usual = ClientAuthentication.usual(for: kind)
    let word = self.body.authentication?.value ?? AuthenticationWord(usual)
    guard (word == .certificate) == (usual == .certificate) else {
      throw self.bad(
        "authentication",
        usual == .certificate
          ? "must be certificate: a \(kind.rawValue) shows its own"
          : "can't be certificate: only cameras and scales have one")
    }
    guard word == .secret else {
      for (isGiven, member) in [
        (self.body.secretSHA256 != nil, "secret_sha256"),
        (self.body.secretFile != nil, "secret_file"),
      ] where isGiven {
        throw self.bad(member, "goes with authentication secret alone")
      }
      return usual
    }
    switch (self.body.secretSHA256, self.body.secretFile) {
    case (let text?, nil):
      guard let hash = ClientSecretHash(hexadecimal: text) else {
        throw self.bad("secret_sha256", "must be 64 hexadecimal digits")
      }
      return .secret(hash)
    case (nil, let file?): return .secret(ClientSecretHash(of: try self.secret(in: file)))
    case (_?, _?): throw self.bad("secret_file", "does not go with 'secret_sha256'")
    case (nil, nil):
      throw self.bad("authentication", "secret needs 'secret_sha256' or 'secret_file'")
    }
  }

  private func secret(in file: String) throws -> Secret {
    guard !file.isEmpty, !file.utf8.contains(0) else {
      throw self.bad("secret_file", "must be a path")
    }
    let path = URL(
      filePath: file, relativeTo: URL(filePath: self.secretsFolder, directoryHint: .isDirectory)
    ).path(percentEncoded: false)
    guard let bytes = try PrivateFile.read(path) else {
      throw self.bad("secret_file", "names a file that is not there: \(path)")
    }
    let line = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
    // VSCHAR of RFC 6749, appendix A.
    guard (16...1_024).contains(line.count), line.allSatisfy(\.isPrintableASCII) else {
      throw self.bad(
        "secret_file",
        "must have one line of 16 to 1,024 printable ASCII characters: \(path)")
    }
    return Secret(String(decoding: line, as: UTF8.self))
  }
}
