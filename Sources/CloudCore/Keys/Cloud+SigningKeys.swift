package import DeviceProtocol

package enum KeyRotationOutcome: Equatable, Sendable {
  case rotated(SigningKeyView)
  /// So many keys are published already that another would only make the list longer.
  case tooManyKeys
}

extension Cloud {
  /// More than these are not published at a time.
  package static let largestKeyCount = 16
  /// Keys are forgotten so long after their last token.
  private static let keyMemoryMilliseconds: UInt64 = 86_400_000

  /// Makes the first key if there is none that these token keys can open.
  package func ensureSigningKey(
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws {
    _ = try self.signingKey(in: transaction, at: now, random: &random)
  }

  /// Makes another key, which signs after the lead time; the one before it stays published until the
  /// last token that it signed has expired.
  ///
  /// - Parameters:
  ///   - pair: The new key.
  ///   - leadSeconds: How long it is published before it signs.
  package func rotateSigningKey(
    to pair: SigningKeyPair, leadSeconds: UInt32, in transaction: any StoreTransaction,
    at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> KeyRotationOutcome {
    try self.ensureSigningKey(in: transaction, at: now, random: &random)
    let ring = try self.keyRing(in: transaction)
    guard ring.published(at: now).count < Self.largestKeyCount else { return .tooManyKeys }
    for key in ring.outlived(by: Self.keyMemoryMilliseconds, at: now) {
      try transaction.removeSigningKey(key.id)
    }
    let key = try self.add(
      pair, signsFrom: now.adding(seconds: leadSeconds), in: transaction, at: now, random: &random)
    guard
      let view = try self.signingKeys(in: transaction, at: now).first(where: {
        $0.record.id == key.id
      })
    else { return .tooManyKeys }
    return .rotated(view)
  }

  /// That of the key that was made last: what a rotation keeps if it is not told otherwise.
  package func newestSigningAlgorithm(
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> SigningAlgorithm {
    let newest = try self.signingKeys(in: reader, at: now).map(\.record).max {
      $0.sequence < $1.sequence
    }
    return newest?.algorithm ?? .es256
  }

  /// Those that are published.
  package func signingKeys(
    in reader: any StoreReader, at now: UnixMilliseconds
  ) throws -> [SigningKeyView] {
    try self.keyRing(in: reader).published(at: now)
  }

  /// The key that signs now, with its private half; a new one if there is none.
  func signingKey(
    in transaction: any StoreTransaction, at now: UnixMilliseconds,
    random: inout some RandomNumberGenerator
  ) throws -> (record: SigningKeyRecord, privateKey: [UInt8]) {
    let keys = self.configuration.keys
    while true {
      if let record = try self.keyRing(in: transaction).signing(at: now),
        let privateKey = record.privateKey(opening: keys)
      {
        return (record, privateKey)
      }
      let pair = SigningKeyPair.es256(random: &random)
      _ = try self.add(pair, signsFrom: now, in: transaction, at: now, random: &random)
    }
  }

  /// The keys that these token keys have sealed; the others are as good as none.
  private func keyRing(in reader: any StoreReader) throws -> KeyRing {
    KeyRing(
      try reader.signingKeys().filter {
        $0.privateKey(opening: self.configuration.keys) != nil
      })
  }

  private func add(
    _ pair: SigningKeyPair, signsFrom: UnixMilliseconds, in transaction: any StoreTransaction,
    at now: UnixMilliseconds, random: inout some RandomNumberGenerator
  ) throws -> SigningKeyRecord {
    let key = SigningKeyRecord(
      pair, keys: self.configuration.keys,
      sequence: (try transaction.signingKeys().map(\.sequence).max() ?? 0) + 1, createdAt: now,
      signsFrom: signsFrom, longestTokenSeconds: self.configuration.accessTokenSeconds,
      random: &random)
    try transaction.save(key)
    return key
  }
}
