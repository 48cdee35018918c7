import CloudCore
import DeviceProtocol

/// What the model keeps.
extension Model {
  struct AccountRow: Sendable {
    let email: String
    let region: Region
    var devices: [DeviceID] = []
    /// All that it ever had, by index.
    var sessions: [Int] = []
    /// Somebody presented a dead or replaced refresh token of one of its sessions.
    var sawReplay = false
  }

  struct SessionRow: Sendable {
    let kind: ClientKind
    let account: AccountID
    let device: DeviceID?
    let openedAt: UnixMilliseconds
    /// The live one of each generation, the oldest first; the place is the generation, from 0. One
    /// that another took the place of is in its row alone.
    var refreshTokens: [String]
    /// So many of them, the oldest first, has the client shown to hold.
    var usedCount = 0
    /// When its live refresh token was last used for the first time; under `reusable` each use counts.
    var rotatedAt: UnixMilliseconds
    /// With all its tokens.
    var isLoggedOut = false
    /// Its live refresh token was minted before a logout by time.
    var isCutOff = false
    var end: End?
    /// The cloud may not know it any more: its database was replaced by a copy, or it was forgotten
    /// when it had been dead for long.
    var mayBeLost = false

    /// Whatever its policy says of its age.
    var isAlive: Bool { !self.isLoggedOut && !self.isCutOff && self.end == nil }
  }

  /// Why a session ended, other than by the operator's logout.
  enum End: Sendable {
    /// By its client.
    case revoked
    /// The code that it came from was presented again.
    case codeReplayed
    /// The device got another, under the same owner.
    case replaced
    /// An old refresh token was presented, and the session ended with all its tokens.
    case replayed
    /// An old refresh token was presented, and the refresh tokens ended: access tokens live on.
    case spent
    case unbound
    /// The device got another owner.
    case rebound
  }

  struct AccessTokenRow: Equatable, Sendable {
    let session: Int
    let generation: Int
    let issuedAt: UnixMilliseconds
    let expiresAt: UnixMilliseconds
    /// By a logout by time; those of other scopes are marked in the session.
    var isCutOff = false
  }

  struct RefreshTokenRow: Sendable {
    let session: Int
    let generation: Int
    let mintedAt: UnixMilliseconds
    var isCutOff = false
    /// Its predecessor was presented again, and gave another in its place.
    var isSuperseded = false
  }

  struct CodeRow: Sendable {
    let account: AccountID
    let order: Int
    let issuedAt: UnixMilliseconds
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
    let issuedAt: UnixMilliseconds
    let expiresAt: UnixMilliseconds
    let relinkPolicy: RelinkPolicy
    /// By a logout by time; those of other scopes are marked in the app's session.
    var isCutOff = false
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
