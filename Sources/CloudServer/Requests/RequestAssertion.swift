import CloudCore
import DeviceProtocol

/// What a test claims of the requests that there were.
struct RequestAssertion: Sendable {
  enum Bound: Sendable {
    case exactly(Int)
    case atLeast(Int)
    case atMost(Int)

    func holds(_ count: Int) -> Bool {
      switch self {
      case .exactly(let number): count == number
      case .atLeast(let number): count >= number
      case .atMost(let number): count <= number
      }
    }

    /// Requests only come: what is too many stays too many.
    func canStillHold(_ count: Int) -> Bool {
      switch self {
      case .exactly(let number), .atMost(let number): count <= number
      case .atLeast: true
      }
    }

    var isOne: Bool {
      switch self {
      case .exactly(let number), .atLeast(let number), .atMost(let number): number == 1
      }
    }

    var description: String {
      switch self {
      case .exactly(let number): "exactly \(number)"
      case .atLeast(let number): "at least \(number)"
      case .atMost(let number): "at most \(number)"
      }
    }
  }

  /// Claims that are made often.
  enum Name: String, CaseIterable, Codable, Sendable {
    /// Whoever it is refreshed once: its tokens were replaced once. The same answer given again does
    /// not count.
    case refreshedExactlyOnce = "refreshed_exactly_once"
    /// Nobody presented a token that the cloud does not take any more.
    case noDeadToken = "no_dead_token"

    var bound: Bound {
      switch self {
      case .refreshedExactlyOnce: .exactly(1)
      case .noDeadToken: .exactly(0)
      }
    }

    var condition: @Sendable (RequestRecord) -> Bool {
      switch self {
      case .refreshedExactlyOnce:
        let words = [SessionEvent.Word.rotation, .anotherSuccessor, .reuse].map(\.rawValue)
        return { $0.facts.event.map { words.contains($0) } ?? false }
      case .noDeadToken:
        return { $0.facts.isTokenDead == true }
      }
    }

    var description: String {
      switch self {
      case .refreshedExactlyOnce: "refresh that gave new tokens"
      case .noDeadToken: "requests with a dead token"
      }
    }
  }

  /// What was found so far: what comes later is added to it.
  struct Tally: Sendable {
    fileprivate(set) var count = 0
    fileprivate(set) var first: [RequestRecord] = []
    fileprivate(set) var isComplete = true
    /// The last request that was looked at.
    fileprivate(set) var last: UInt64?
  }

  struct Verdict: Sendable {
    let count: Int
    let first: [RequestRecord]
    let isComplete: Bool
    /// Only what is complete holds, unless it takes no more than was found.
    let holds: Bool
    let canStillHold: Bool
  }

  let bound: Bound
  let start: RequestJournal.Start
  let filter: RequestFilter
  let name: Name?

  /// How many requests an answer shows.
  private static let shownCount = 5

  /// - Parameter tally: Of the former time.
  func judge(_ journal: RequestJournal, adding tally: inout Tally) -> Verdict {
    var start = self.start
    start.after = tally.last ?? start.after
    let page = journal.count(
      from: start, showing: Self.shownCount - tally.first.count, where: self.filter.includes)
    tally.count += page.count
    tally.first += page.first
    tally.isComplete = tally.isComplete && page.isComplete
    tally.last = max(page.last, start.after ?? 0)
    var isCertain = tally.isComplete
    if case .atLeast = self.bound { isCertain = true }
    return Verdict(
      count: tally.count, first: tally.first, isComplete: tally.isComplete,
      holds: isCertain && self.bound.holds(tally.count),
      canStillHold: isCertain && self.bound.canStillHold(tally.count))
  }

  /// As in `exactly 1 request with status = 401 since 2026-01-31T12:00:00.000Z`.
  var expectation: String {
    let what = self.name?.description ?? (self.bound.isOne ? "request" : "requests")
    let conditions = self.filter.description.isEmpty ? "" : " with \(self.filter.description)"
    let since = self.start.since.map { " since \(TimeText.text($0))" } ?? ""
    let after = self.start.after.map { " after request \($0)" } ?? ""
    return "\(self.bound.description) \(what)\(conditions)\(since)\(after)"
  }
}
