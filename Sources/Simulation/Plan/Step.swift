package import CloudCore
package import DeviceProtocol

/// One step of a scenario. Steps follow each other at once; only `wait` and `expect` take time.
package struct Step: Equatable, Sendable {
  package var action: Action
  /// In the scenario's file, from 1; nil for a step that is from none.
  package var line: Int?

  package init(_ action: Action, line: Int? = nil) {
    self.action = action
    self.line = line
  }
}

package enum DeviceSelection: Equatable, Sendable {
  /// All but the fleet's.
  case all
  case kind(DeviceKind)
  case named([String])
  /// All of the fleet's.
  case fleet
}

package enum OwnerSelection: Equatable, Sendable {
  /// All but the fleet's.
  case all
  case named([String])
  /// All of the fleet's.
  case fleet
}

package enum Action: Equatable, Sendable {
  /// A title for what follows.
  case stage(String)
  /// Names this moment, for claims.
  case mark(String)
  case wait(Duration)
  case expect(Expectation)

  // Pairing.
  /// The owner's app makes a pairing token and shows its payload to the device; a scale's button is
  /// pressed first.
  case pair(DeviceSelection, Pairing)
  /// An owner's app makes a pairing token and keeps it under a name.
  case makeToken(name: String, owner: String, relinkPolicy: RelinkPolicy?)
  /// A payload with a kept token is shown to a device.
  case show(token: String, to: String, Pairing)
  /// A payload without a pairing token, for the network of this name in the owner's home.
  case changeNetwork(DeviceSelection, to: SSID)
  /// The button is held for six seconds: a factory reset.
  case reset(DeviceSelection)
  /// The owner removes the device with the app.
  case remove(DeviceSelection)

  // The world.
  /// Motion before a camera, a person on a scale.
  case use(DeviceSelection, times: Int)
  case power(PowerTarget, isOn: Bool)
  /// Power fails while something is written to flash.
  case cutPower(String, during: StorePoint)
  /// Carried out of reach of all networks, or back.
  case reach(DeviceSelection, isInReach: Bool)
  case network(home: String, ssid: SSID, NetworkState)
  /// A new router: another name and passphrase in the place of a network.
  case replaceRouter(home: String, ssid: SSID, with: Scenario.Network)

  // The cloud and what lies between.
  case fault(Fault)
  /// Removes all faults and the weather; networks, cloud and power are on again.
  case heal
  case cloud(CloudAction)
  /// The operator logs out by force.
  case logOut(LogoutScope, reason: String)
  /// A clock jumps; nil for the cloud's, else the device's.
  case clock(device: String?, by: Duration)

  // Owners and thieves.
  case logIn(OwnerSelection)
  /// The owner logs out with the app, which revokes its session.
  case signOut(OwnerSelection)
  /// The app refreshes its access token, so many times at once.
  case refresh(OwnerSelection, atOnce: Int)
  /// The owner opens the app and looks at each device's recordings.
  case look(OwnerSelection)
  /// A copy is taken of an owner's or a device's refresh token; a device's with its private key.
  case steal(from: TokenHolder, as: String)
  /// A copy is presented, so many times at once.
  case replay(String, atOnce: Int, expecting: ReplayAnswer?)
}

extension Action {
  package struct Pairing: Equatable, Sendable {
    /// Whose app makes the token; nil for the device's owner.
    package var owner: String?
    /// In the payload; nil for the right one.
    package var passphrase: [UInt8]?
    package init() {}
  }

  package enum PowerTarget: Equatable, Sendable {
    case devices(DeviceSelection)
    /// All devices of a home.
    case home(String)
  }

  /// Where a write to flash is cut short.
  package enum StorePoint: Equatable, Sendable {
    /// Of the next write of credentials.
    case afterByte(Int)
    /// At the nth operation of the flash (a write unit, a part of an erase), from 0, of the next write
    /// of credentials; at its end if it has fewer.
    case beforeOperation(Int)
    /// At the nth operation of the flash from now on, from 0, whatever is written, removed or erased.
    case beforeAnyOperation(Int)
  }

  package enum NetworkState: String, CaseIterable, Sendable {
    case up
    /// Its name is not in the air.
    case off
    /// In the air, but nothing answers there.
    case routerDown = "router_down"
    /// Joined as ever, without a way to the cloud.
    case noInternet = "no_internet"
  }

  package enum CloudAction: String, CaseIterable, Sendable {
    /// Ends in order, and does not come back by itself.
    case stop
    case start
    /// Killed: what is not durable is lost. It starts again at once.
    case crash
    /// Keeps a copy of the database.
    case backUp = "back_up"
    /// Puts the copy in the place of the database; the operator then logs everybody out.
    case restore
  }

  package enum LogoutScope: Equatable, Sendable {
    case everyone
    case kind(ClientKind)
    case account(String)
    case device(String)
    /// The session of this owner's app.
    case session(String)
    /// All accounts that are at home there.
    case region(Region)
    /// Whatever was minted earlier than so long ago; nil: before this logout.
    case issuedBefore(ago: Duration?)
    /// Devices and owners, all at once.
    case list([ListedName], skipsUnknown: Bool)
  }

  package enum ListedName: Equatable, Sendable {
    case account(String)
    case device(String)
    /// What names nobody that the cloud knows.
    case nobody
  }

  package enum TokenHolder: Equatable, Sendable {
    case owner(String)
    case device(String)
  }

  package enum ReplayAnswer: String, CaseIterable, Sendable {
    /// 200.
    case accepted
    case replayed
    case superseded
    case loggedOut = "logged_out"
    case sessionEnded = "session_ended"
    case sessionExpired = "session_expired"
    case tokenUnknown = "token_unknown"
  }
}

/// Which exchange is harmed, and how.
package struct Fault: Equatable, Sendable {
  package var exchange: Exchange
  package var of: Subject
  /// The first of the matching ones that is harmed, from 1.
  package var nth: Int = 1
  package var times: Int = 1
  package var harm: Harm
  /// How a connection that breaks ends; the client cannot tell.
  package var ending: Ending = .close

  package init(_ exchange: Exchange, of subject: Subject, harm: Harm) {
    self.exchange = exchange
    self.of = subject
    self.harm = harm
  }

  package enum Exchange: String, CaseIterable, Sendable {
    case any, refresh, pairing, relink, login, heartbeat, motions, measurements, unbind, stream
  }

  package enum Subject: Equatable, Sendable {
    case anybody
    case devices(DeviceSelection)
    case owner(String)
  }

  package enum Harm: Equatable, Sendable {
    /// The connection breaks and nothing happens.
    case beforeCommit
    /// It happens, and the client never hears of it.
    case afterCommit
    /// The answer breaks off after so many bytes of it.
    case afterByte(Int)
    /// The request is served so much later, or its answer comes so much later.
    case delay(Duration, Phase = .afterCommit)
    case duplicate
    /// The cloud answers this instead of doing it, or although it has done it.
    case status(Int, retryAfter: Duration?, Phase = .beforeCommit)
    /// The answer's body is spoilt; of a made-up answer if nothing happens.
    case malformed(Malformation, Phase = .afterCommit)
  }

  package enum Phase: String, CaseIterable, Sendable {
    /// Nothing happens in the cloud.
    case beforeCommit = "before_commit"
    /// It happens, and the client does not hear of it.
    case afterCommit = "after_commit"
  }

  package enum Ending: String, CaseIterable, Sendable { case close, reset }

  package enum Malformation: String, CaseIterable, Sendable {
    /// The first half of it.
    case truncated
    case notJSON = "not_json"
    /// The same members with values of other types.
    case wrongType = "wrong_type"
    case empty
  }
}

extension Action {
  /// The devices that it is done to, or that it looks at; nil for none.
  package var devices: DeviceSelection? {
    switch self {
    case .pair(let devices, _), .changeNetwork(let devices, _), .reset(let devices),
      .remove(let devices), .use(let devices, _), .reach(let devices, _),
      .power(.devices(let devices), _):
      devices
    case .expect(let expectation):
      if case .devices(let devices) = expectation.subject { devices } else { nil }
    case .fault(let fault):
      if case .devices(let devices) = fault.of { devices } else { nil }
    case .show(_, let device, _), .cutPower(let device, _), .clock(let device?, _),
      .steal(.device(let device), _), .logOut(.device(let device), _):
      .named([device])
    case .stage, .mark, .wait, .makeToken, .power(.home, _), .network, .replaceRouter, .heal,
      .cloud, .logOut, .clock(nil, _), .logIn, .signOut, .refresh, .look,
      .steal(.owner, _), .replay:
      nil
    }
  }
}
