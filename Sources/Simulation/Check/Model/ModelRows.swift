import CloudCore
import DeviceProtocol

/// What the model keeps.
extension Model {
  struct AccountRow: Sendable {
    let email: String
    var devices: [DeviceID] = []
    /// Live sessions of apps.
    var liveAppCount = 0
    /// Somebody presented a dead or replaced refresh token of one of its sessions.
    var sawReplay = false
  }

  struct SessionRow: Sendable {
    let kind: ClientKind
    let account: AccountID
    let device: DeviceID?
    /// All that it was given, the oldest first; the place is the generation, from 0.
    var refreshTokens: [String]
    /// So many of them, the oldest first, has the client shown to hold.
    var usedCount = 0
    var rotatedAt: UnixMilliseconds
    var isLoggedOut = false
    var end: End?
    /// Its database was replaced by a copy that may not know it.
    var mayBeLost = false

    var isAlive: Bool { !self.isLoggedOut && self.end == nil }
  }

  /// Why a session ended, other than by the operator's logout.
  enum End: Sendable {
    /// By its client.
    case revoked
    /// The code that it came from was presented again.
    case codeReplayed
    /// The device got another, under the same owner.
    case replaced
    /// An old refresh token was presented.
    case replayed
    case unbound
    /// The device got another owner.
    case rebound
  }

  struct AccessTokenRow: Equatable, Sendable {
    let session: Int
    let generation: Int
    let issuedAt: UnixMilliseconds
    let expiresAt: UnixMilliseconds
  }

  struct RefreshTokenRow: Sendable {
    let session: Int
    let generation: Int
  }

  struct CodeRow: Sendable {
    let account: AccountID
    let order: Int
    let expiresAt: UnixMilliseconds
    var isLoggedOut = false
    /// The session that it was exchanged for.
    var session: Int?
  }

  struct PairingTokenRow: Sendable {
    let account: AccountID
    /// The session of the app that made it.
    let maker: Int
    let order: Int
    let expiresAt: UnixMilliseconds
    let relinkPolicy: RelinkPolicy
    var usedBy: DeviceID?
    /// The newest session that it gave.
    var session: Int?
  }

  struct DeviceRow: Sendable {
    let kind: DeviceKind
    var owner: AccountID?
    var relinkPolicy: RelinkPolicy
    /// The newest that it was given under its present owner.
    var session: Int?
    /// What was acknowledged under the present binding, by sequence, each sequence once.
    var recordings: [Recording] = []
  }

  /// When the cloud dropped what had been of no use for a day. It does so at a login and when a
  /// pairing token is made, by the clock of that moment, which may be wrong.
  struct Sweeps: Sendable {
    /// Ascending by order, descending by time: a later one at a later time makes an earlier one
    /// irrelevant.
    private var points: [(order: Int, at: UnixMilliseconds)] = []

    mutating func note(at time: UnixMilliseconds, order: Int) {
      while let last = self.points.last, last.at <= time { self.points.removeLast() }
      self.points.append((order, time))
    }

    /// Whether what was made then and expired then is dropped.
    func dropped(expiresAt: UnixMilliseconds, order: Int) -> Bool {
      guard let last = self.points.last, last.order > order else { return false }
      // Mostly one, and never more than the times that the clock jumped back.
      guard let point = self.points.first(where: { $0.order > order }) else { return false }
      return Model.time(86_400_000, after: expiresAt) < point.at
    }
  }
}

extension ClientKind {
  init(_ kind: DeviceKind) {
    switch kind {
    case .camera: self = .camera
    case .scale: self = .scale
    }
  }
}
