import CloudCore
import DeviceProtocol
import Simulation

/// What a run keeps in mind, to judge in the end what must hold in every scenario.
struct Expected {
  /// Passwords, passphrases and tokens, for the search in the logs.
  var secrets: Set<String> = []
  /// Measurements or motions that each device was used for since it belongs to its owner.
  private(set) var recorded: [String: Int] = [:]
  /// Whose these are.
  private var recordedFor: [String: String] = [:]
  /// Of these motions the ones that a power cut may have taken, for a camera keeps them in memory.
  var perhapsLost: [String: Int] = [:]
  /// How often a device may find itself logged out.
  var logoutsAllowed: [String: Int] = [:]
  /// A thief used its tokens, so that what it was answered does not account for its rotations.
  var robbed: Set<String> = []
  /// Before the first forced logout: what must be the same in the end.
  var identities: [String: Identity] = [:]
  /// The forced logouts, as each device's journal stood when they were acknowledged.
  var logouts: [AcknowledgedLogout] = []
  var cloudWasRestored = false

  struct Identity: Equatable {
    var owner: String?
    var ssid: String?
  }

  struct AcknowledgedLogout {
    /// By the wall clock, which the devices' journals go by too; milliseconds since 1970.
    let at: Int64
    let covers: Set<String>
  }

  mutating func keepSecret(_ passphrase: [UInt8]) {
    guard !passphrase.isEmpty else { return }
    self.secrets.insert(String(decoding: passphrase, as: UTF8.self))
  }

  /// What was recorded for an owner before stays with that binding.
  mutating func record(_ nickname: String, for owner: String) {
    if self.recordedFor[nickname] != owner {
      (self.recorded[nickname], self.perhapsLost[nickname]) = (0, 0)
    }
    self.recordedFor[nickname] = owner
    self.recorded[nickname, default: 0] += 1
  }

  /// What this owner must find of a device.
  func recordings(of nickname: String, for owner: String) -> Int {
    self.recordedFor[nickname] == owner ? self.recorded[nickname, default: 0] : 0
  }

  mutating func bindingEnds(_ nickname: String) {
    self.recorded[nickname] = 0
    self.perhapsLost[nickname] = nil
    self.logoutsAllowed[nickname, default: 0] += 1
    self.identities[nickname]?.owner = nil
    self.identities[nickname]?.ssid = nil
  }
}

/// A place in everybody's records, for claims.
struct Moment {
  var journals: [String: Journal.Mark] = [:]
  /// How many things each owner's app had done.
  var apps: [String: Int] = [:]
  var theft: Thieves.Count
}

/// Copies of tokens, and what their use has come to.
struct Thieves {
  var copies: [String: Copy] = [:]
  var count = Count()

  enum Copy {
    case app(email: String, OwnerApp.Tokens)
    case flash(nickname: String, path: String)
  }

  struct Count {
    var requests = 0
    var deadTokenRequests = 0
    var deadTokensAccepted = 0
    var replays = 0
  }
}

/// A fault that the cloud was asked for.
struct PlacedFault {
  let id: Int?
  let line: Int?
}
