import Crypto
import CryptoExtras

/// The cost of a password hash (RFC 7914 §2).
struct ScryptParameters: Equatable, Sendable {
  /// N, as its binary logarithm.
  let logarithmOfN: UInt8
  let blockSize: UInt8
  let parallelism: UInt8

  /// What new hashes are made with: 16 MiB (128·N·r bytes).
  static let present = ScryptParameters(logarithmOfN: 14, blockSize: 8, parallelism: 1)

  private init(logarithmOfN: UInt8, blockSize: UInt8, parallelism: UInt8) {
    self.logarithmOfN = logarithmOfN
    self.blockSize = blockSize
    self.parallelism = parallelism
  }

  /// Nil unless it is `text` of parameters whose cost is 1–64 MiB.
  init?(text: some StringProtocol) {
    let costs = (10...16 as ClosedRange<UInt8>).map {
      ScryptParameters(logarithmOfN: $0, blockSize: 8, parallelism: 1)
    }
    guard let parameters = costs.first(where: { $0.text == text }) else { return nil }
    self = parameters
  }

  /// As in the PHC string format.
  var text: String { "ln=\(self.logarithmOfN),r=\(self.blockSize),p=\(self.parallelism)" }

  /// - Parameter password: Not empty.
  /// - Returns: 32 bytes.
  func derive(_ password: [UInt8], salt: [UInt8]) throws(PasswordHashError) -> SymmetricKey {
    do {
      return try KDF.Scrypt.deriveKey(
        from: password, salt: salt, outputByteCount: 32, rounds: 1 << Int(self.logarithmOfN),
        blockSize: Int(self.blockSize), parallelism: Int(self.parallelism))
    } catch {
      throw PasswordHashError()
    }
  }
}
