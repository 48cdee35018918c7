import CloudCore
import DeviceProtocol

/// An owner's phone: an honest client of the cloud that keeps what it has to do until it is done. Or
/// a platform that an owner has linked.
struct AppNode {
  // In an order that leaves few gaps: a fleet has millions.
  /// Of an owner who is named.
  private let givenEmail: String?
  var tokens: Tokens?
  let kind: ClientKind
  /// The first task is under way.
  var isBusy = false
  var isOpeningStream = false
  /// Its owner has come back after a logout, and now logs in.
  var isOpened = false
  /// What is to be done, in this order.
  var tasks: [Task] = []
  /// Nothing is begun before: it waits after a failure, or its owner has not come back yet.
  var notBefore: UInt64 = 0
  var random: SeededRandom
  var account: AccountID?
  /// In the fleet, from 1; 0 for who is not of it.
  private let number: Int32
  private let homeIndex: Int32
  /// In a row.
  var failures: UInt32 = 0
  var ticket: UInt32 = 0
  /// Of the tokens that it has; see `LogoutEras`.
  var era: UInt32 = 0
  var stream: Int32?

  init(email: String, home: Int, random: SeededRandom) {
    self.givenEmail = email
    self.number = 0
    self.kind = .app
    self.homeIndex = Int32(home)
    self.random = random
  }

  init(fleetNumber: Int, kind: ClientKind, home: Int, random: SeededRandom) {
    self.givenEmail = nil
    self.number = Int32(fleetNumber)
    self.kind = kind
    self.homeIndex = Int32(home)
    self.random = random
  }

  var home: Int { Int(self.homeIndex) }

  /// Made when it is asked for.
  var email: String { self.givenEmail ?? "fleet-\(self.number)@example.org" }

  /// Whether it is a platform, which nobody looks at and which does not log in by itself.
  var isLink: Bool { self.kind != .app }

  struct Tokens {
    var access: String
    var refresh: String
    var refreshAt: UInt64
    var session: SessionID?
  }

  enum Task: Equatable {
    case register
    case logIn(code: String?)
    case refresh
    case signOut
    /// A pairing token, whose payload is then shown to the device.
    case pair(device: Int, Action.Pairing)
    /// A pairing token that is kept under a name.
    case keepToken(name: String, RelinkPolicy?)
    case remove(device: Int)
    case look(device: Int)
    case lookAtAll

    /// Whether it is done with an access token.
    var needsAccess: Bool {
      switch self {
      case .register, .logIn, .refresh, .signOut: false
      case .pair, .keepToken, .remove, .look, .lookAtAll: true
      }
    }
  }

  var isLoggedIn: Bool { self.tokens != nil }

  /// Whether none is under way: a pairing token, or those of its session.
  var hasItsTokens: Bool {
    self.tasks.allSatisfy { task in
      switch task {
      case .register, .remove, .look, .lookAtAll, .pair, .signOut: true
      case .logIn: false
      // What is logged out waits for its owner.
      case .refresh, .keepToken: !self.isLoggedIn
      }
    }
  }

  /// How long to wait after one more failure, in milliseconds: full jitter.
  mutating func backoff() -> UInt64 {
    let limit = min(60_000, 500 << min(self.failures, 10))
    self.failures &+= 1
    return UInt64(50 + self.random.number(below: limit))
  }
}
