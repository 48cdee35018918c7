/// What each client has done, by `Claim.Counter`.
struct Counters {
  private static let width = Claim.Counter.allCases.count
  private var numbers: [UInt32]

  init(clientCount: Int) {
    self.numbers = [UInt32](repeating: 0, count: clientCount * Self.width)
  }

  mutating func count(_ counter: Claim.Counter, of client: Int) {
    self.numbers[client * Self.width + counter.index] &+= 1
  }

  func number(_ counter: Claim.Counter, of client: Int) -> Int {
    Int(self.numbers[client * Self.width + counter.index])
  }

  func total(_ counter: Claim.Counter) -> Int {
    stride(from: counter.index, to: self.numbers.count, by: Self.width)
      .reduce(0) { $0 + Int(self.numbers[$1]) }
  }
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
