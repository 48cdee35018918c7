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

  func judge(_ journal: RequestJournal) -> Verdict {
    let (count, first, isComplete) = journal.count(
      from: self.start, showing: Self.shownCount, where: self.filter.includes)
    var isCertain = isComplete
    if case .atLeast = self.bound { isCertain = true }
    return Verdict(
      count: count, first: first, isComplete: isComplete,
      holds: isCertain && self.bound.holds(count),
      canStillHold: isCertain && self.bound.canStillHold(count))
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
