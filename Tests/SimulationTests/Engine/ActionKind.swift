import Simulation

/// The kinds of steps that there are: a test that wants all of them is told of a new one.
enum ActionKind: CaseIterable {
  case stage, mark, wait, expect, pair, makeToken, show, changeNetwork, reset, remove, use, power
  case cutPower, reach, network, replaceRouter, fault, heal, cloud, logOut, clock, logIn, signOut
  case refresh, look, steal, replay
}

extension Action {
  var kind: ActionKind {
    switch self {
    case .stage: .stage
    case .mark: .mark
    case .wait: .wait
    case .expect: .expect
    case .pair: .pair
    case .makeToken: .makeToken
    case .show: .show
    case .changeNetwork: .changeNetwork
    case .reset: .reset
    case .remove: .remove
    case .use: .use
    case .power: .power
    case .cutPower: .cutPower
    case .reach: .reach
    case .network: .network
    case .replaceRouter: .replaceRouter
    case .fault: .fault
    case .heal: .heal
    case .cloud: .cloud
    case .logOut: .logOut
    case .clock: .clock
    case .logIn: .logIn
    case .signOut: .signOut
    case .refresh: .refresh
    case .look: .look
    case .steal: .steal
    case .replay: .replay
    }
  }
}
