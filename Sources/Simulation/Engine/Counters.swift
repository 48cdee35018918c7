/// What each client has done, by `Claim.Counter`.
struct Counters {
  private static let width = Claim.Counter.allCases.count
  /// The lowest 16 bits: of a fleet's millions of clients few ever do as much of anything.
  private var numbers: [UInt16]
  /// What does not fit them, by place.
  private var carries: [Int: Int] = [:]
  private var totals = [Int](repeating: 0, count: Self.width)
  /// Of each client, whether it has a session, as far as it knows.
  private var inSession: [Bool]

  init(clientCount: Int) {
    self.numbers = [UInt16](repeating: 0, count: clientCount * Self.width)
    self.inSession = [Bool](repeating: false, count: clientCount)
  }

  mutating func count(_ counter: Claim.Counter, of client: Int) {
    let place = client * Self.width + counter.index
    self.totals[counter.index] += 1
    self.numbers[place] &+= 1
    if self.numbers[place] == 0 { self.carries[place, default: 0] += 1 << 16 }
    switch counter {
    case .sessions: self.inSession[client] = true
    case .logouts: self.inSession[client] = false
    default: break
    }
  }

  /// Of what lasts, how many a client has at this moment: its session.
  func lasting(_ counter: Claim.Counter, of client: Int) -> Int {
    counter == .sessions && self.inSession[client] ? 1 : 0
  }

  func totalLasting(_ counter: Claim.Counter) -> Int {
    counter == .sessions ? self.inSession.count { $0 } : 0
  }

  func number(_ counter: Claim.Counter, of client: Int) -> Int {
    let place = client * Self.width + counter.index
    return (self.carries.isEmpty ? 0 : self.carries[place] ?? 0) + Int(self.numbers[place])
  }

  func total(_ counter: Claim.Counter) -> Int { self.totals[counter.index] }
}

extension Claim.Counter {
  fileprivate var index: Int {
    switch self {
    case .refreshes: 0
    case .failedRefreshes: 1
    case .pairings: 2
    case .relinks: 3
    case .relinkRequests: 4
    case .logins: 5
    case .logouts: 6
    case .requests: 7
    case .deadTokenRequests: 8
    case .deadTokensAccepted: 9
    case .heartbeats: 10
    case .boots: 11
    case .sessions: 12
    case .replays: 13
    }
  }
}
