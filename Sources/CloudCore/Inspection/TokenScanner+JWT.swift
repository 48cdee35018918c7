import DeviceProtocol

/// A JWT access token has no checksum: it is known by its parts.
extension TokenScanner {
  /// A header of JSON begins so in base64url: `{"`.
  private static let beginning = Array("eyJ".utf8)
  /// That of a token of this project has some 120.
  private static let longestHeaderByteCount = 512

  /// Whether it has the shape of a JWT access token of this project, and nothing follows.
  package static func isAccessJWT(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { self.accessJWTByteCount(at: 0, in: $0) } == text.count
  }

  /// - Returns: Nil unless a JWT access token of this project begins here. Whether it was signed by a
  ///   cloud is not known off line.
  static func accessJWTByteCount(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard start + self.beginning.count < text.count,
      zip(text[start...], self.beginning).allSatisfy({ $0 == $1 }),
      let header = self.dot(after: start, within: self.longestHeaderByteCount, in: text),
      let algorithm = self.algorithm(in: text[start..<header]),
      let payload = self.dot(after: header + 1, within: self.longestByteCount, in: text)
    else { return nil }
    // What follows it at once may look like more of it.
    let end = payload + 1 + (algorithm.signatureByteCount * 4 + 2) / 3
    guard end <= text.count, text[(payload + 1)..<end].allSatisfy(self.isTokenByte),
      let token = JSONWebToken(
        parsing: String(decoding: text[start..<end], as: UTF8.self)),
      token.hasAccessTokenType, token.payload["relink"]?.stringBytes != nil
    else { return nil }
    return end - start
  }

  /// What the header says: how long the signature is.
  private static func algorithm(in header: Slice<UnsafeBufferPointer<UInt8>>) -> SigningAlgorithm? {
    guard let name = JSONWebToken.object(Array(header)[...])?["alg"]?.stringBytes else {
      return nil
    }
    return SigningAlgorithm(rawValue: String(decoding: name, as: UTF8.self))
  }

  /// The dot that ends a part of a token.
  private static func dot(
    after start: Int, within byteCount: Int, in text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    var index = start
    let limit = min(text.count, start + byteCount)
    while index < limit, self.isTokenByte(text[index]) { index += 1 }
    return index < limit && index > start && text[index] == UInt8(ascii: ".") ? index : nil
  }
}
