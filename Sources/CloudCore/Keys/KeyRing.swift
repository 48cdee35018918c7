package import DeviceProtocol

/// A signing key among the others, as an operator sees it.
package struct SigningKeyView: Equatable, Sendable {
  package enum State: String, Sendable {
    /// Published, and not yet signing.
    case waiting
    case signing
    /// Published while tokens that it has signed may be alive.
    case retired
  }

  package let record: SigningKeyRecord
  package let state: State
  /// When the next key signs in its place; nil while there is none.
  package let signsUntil: UnixMilliseconds?
  /// When the last token that it signed has expired.
  package let publishedUntil: UnixMilliseconds?
}

/// Which key signs, and which are published. The key that signs is the one that began last.
struct KeyRing: Sendable {
  /// By when they sign.
  private let keys: [SigningKeyRecord]

  init(_ keys: [SigningKeyRecord]) {
    self.keys = keys.sorted {
      ($0.signsFrom.value, $0.sequence) < ($1.signsFrom.value, $1.sequence)
    }
  }

  /// Nil without any key. When the clock has jumped back before all of them, the first.
  func signing(at now: UnixMilliseconds) -> SigningKeyRecord? {
    self.keys.last { $0.signsFrom <= now } ?? self.keys.first
  }

  /// Those that are published, in the order in which they sign.
  func published(at now: UnixMilliseconds) -> [SigningKeyView] {
    let signing = self.signing(at: now)
    return self.keys.enumerated().compactMap { index, key in
      let signsUntil = self.keys.indices.contains(index + 1) ? self.keys[index + 1].signsFrom : nil
      let publishedUntil = signsUntil?.adding(seconds: key.longestTokenSeconds)
      if let publishedUntil, publishedUntil <= now { return nil }
      let state: SigningKeyView.State =
        key.id == signing?.id ? .signing : now < key.signsFrom ? .waiting : .retired
      return SigningKeyView(
        record: key, state: state, signsUntil: signsUntil, publishedUntil: publishedUntil)
    }
  }

  /// Those whose tokens have all been dead for so long that a clock which is set back by less brings
  /// none of them to life.
  func outlived(by milliseconds: UInt64, at now: UnixMilliseconds) -> [SigningKeyRecord] {
    guard now.value > milliseconds else { return [] }
    let published = self.published(at: UnixMilliseconds(now.value - milliseconds)).map(\.record.id)
    return self.keys.filter { !published.contains($0.id) }
  }
}
