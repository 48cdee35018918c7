import CloudCore

/// The access tokens that were presented last, read. Whether a token's MAC is right depends on
/// nothing else, and a device presents the same one thousands of times.
struct ReadTokens {
  private struct Entry {
    let token: String
    let read: ReadAccessToken
  }

  /// By some bits of the token; a newer one takes the place of an older one.
  private var entries = [Entry?](repeating: nil, count: 256)

  /// Nil for a token that the cloud did not make.
  mutating func read(_ token: String, by cloud: Cloud) -> ReadAccessToken? {
    let place = Self.place(of: token)
    if let entry = self.entries[place], entry.token == token { return entry.read }
    guard let read = cloud.read(Secret(token)) else { return nil }
    self.entries[place] = Entry(token: token, read: read)
    return read
  }

  /// The last six characters are a checksum over all the others.
  private static func place(of token: String) -> Int {
    token.utf8.suffix(6).reduce(0) { ($0 &* 31 &+ Int($1)) & 255 }
  }
}
