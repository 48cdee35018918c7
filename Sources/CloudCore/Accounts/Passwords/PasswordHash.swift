import Crypto
import DeviceProtocol

/// A password's scrypt hash (RFC 7914) as in the PHC string format,
/// `$scrypt$ln=14,r=8,p=1$SALT$HASH`, but in base64url.
///
/// Making and checking one takes some tens of milliseconds and 16 MiB: call both on a thread of
/// their own, never inside a store's transaction. Printed as a secret: whoever has it can guess at
/// the password at leisure.
package struct PasswordHash: Equatable, Sendable, Redacted {
  // In place rather than as text: there are millions of these in memory.
  private let parameters: ScryptParameters
  private let salt: Salt
  private let key: Bytes32

  private typealias Salt = FixedBytes<16>

  /// Hashes a new password with a new salt of 16 bytes.
  ///
  /// - Throws: `PasswordHashError` when the memory that scrypt needs is not to be had.
  package init(
    of password: Password, random: inout some RandomNumberGenerator
  ) throws(PasswordHashError) {
    let salt = Salt(random: &random)
    let parameters = ScryptParameters.present
    let key = try parameters.derive(Array(password.secret.text.utf8), salt: salt.bytes)
    self.init(
      parameters: parameters, salt: salt,
      key: key.withUnsafeBytes { $0.loadUnaligned(as: Bytes32.self) })
  }

  /// - Parameter text: As stored; nil unless it is the text of a hash that this program would make.
  package init?(text: String) {
    let fields = text.split(separator: "$", omittingEmptySubsequences: false)
    guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt",
      let parameters = ScryptParameters(text: fields[2]),
      let salt = Base64URL.decode(fields[3].utf8).flatMap({ Salt($0) }),
      let key = Base64URL.decode(fields[4].utf8).flatMap({ Bytes32($0) })
    else { return nil }
    self.init(parameters: parameters, salt: salt, key: key)
  }

  /// The hash of no password: checking against it takes as long as against any other.
  static let ofNobody = PasswordHash(
    parameters: .present, salt: Salt(repeating: 0), key: Bytes32(repeating: 0))

  private init(parameters: ScryptParameters, salt: Salt, key: Bytes32) {
    self.parameters = parameters
    self.salt = salt
    self.key = key
  }

  /// What is stored.
  package var text: String {
    let fields = [self.salt.bytes, self.key.bytes].map { bytes in
      String(decoding: Base64URL.encode(bytes), as: UTF8.self)
    }
    return "$scrypt$\(self.parameters.text)$\(fields[0])$\(fields[1])"
  }

  /// Hashes what was presented in the same way and compares, in constant time.
  ///
  /// - Throws: `PasswordHashError` when the memory that scrypt needs is not to be had.
  package func verify(_ presented: Secret) throws(PasswordHashError) -> PasswordVerdict {
    let bytes = Array(presented.text.utf8)
    // Hashing is linear in the length, and no password is longer.
    guard !bytes.isEmpty, bytes.count <= Password.longestByteCount else {
      return PasswordVerdict(matches: false, hash: self)
    }
    // Keys compare in constant time.
    let matches =
      try self.parameters.derive(bytes, salt: self.salt.bytes)
      == SymmetricKey(data: self.key.bytes)
    return PasswordVerdict(matches: matches, hash: self)
  }
}

/// The outcome of a check against one hash. Only the check makes one.
package struct PasswordVerdict: Sendable {
  package let matches: Bool
  /// What it was checked against.
  package let hash: PasswordHash

  fileprivate init(matches: Bool, hash: PasswordHash) {
    self.matches = matches
    self.hash = hash
  }
}

/// scrypt could not get the memory that it needs.
package struct PasswordHashError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String { "cannot hash a password: scrypt found no memory" }
}
