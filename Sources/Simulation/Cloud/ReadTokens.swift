import CloudCore

/// The access tokens that were presented last, read. Whether a token's MAC is right depends on
/// nothing else, and a device presents the same one thousands of times. In a fleet each presents
/// its own once, soon after it was made.
struct ReadTokens {
  private struct Entry {
    let token: String
    let read: ReadAccessToken
  }

  /// By some bits of the token; a newer one takes the place of an older one.
  private var entries: [Entry?]
  private let isOfFleet: Bool

  init(ofFleet isOfFleet: Bool) {
    self.isOfFleet = isOfFleet
    self.entries = Array(repeating: nil, count: isOfFleet ? 8_192 : 256)
  }

  /// A token was made just now. Whether it can be read is left to smaller runs than a fleet's.
  mutating func made(_ token: String, _ read: ReadAccessToken) {
    guard self.isOfFleet else { return }
    self.entries[self.place(of: token)] = Entry(token: token, read: read)
  }

  /// Nil for a token that the cloud did not make.
  mutating func read(_ token: String, by cloud: Cloud) -> ReadAccessToken? {
    let place = self.place(of: token)
    if let entry = self.entries[place], entry.token == token { return entry.read }
    guard let read = cloud.read(Secret(token)) else { return nil }
    self.entries[place] = Entry(token: token, read: read)
    return read
  }

  /// The last six characters are a checksum over all the others.
  private func place(of token: String) -> Int {
    token.utf8.suffix(6).reduce(0) { $0 &* 61 &+ Int($1) } & (self.entries.count - 1)
  }
}
