import CloudCore
import DeviceProtocol
import Simulation

extension Action {
  /// The one member of a step.
  var yaml: YAML.Member {
    switch self {
    case .stage(let title): .init(key: "stage", value: YAML(title))
    case .mark(let name): .init(key: "mark", value: YAML(name))
    case .wait(let duration): .init(key: "wait", value: YAML(duration))
    case .expect(let expectation): .init(key: "expect", value: expectation.yaml)
    case .pair, .makeToken, .show, .changeNetwork, .reset, .remove: self.pairingYAML
    case .use, .power, .cutPower, .reach, .network, .replaceRouter: self.worldYAML
    case .fault, .heal, .cloud, .logOut, .clock: self.cloudYAML
    case .logIn, .look, .signOut, .refresh, .steal, .replay: self.ownerYAML
    }
  }

  private var pairingYAML: YAML.Member {
    switch self {
    case .pair(let devices, let pairing) where pairing == Pairing():
      .init(key: "pair", value: devices.yaml)
    case .pair(let devices, let pairing):
      .init(
        key: "pair",
        value: .mapping([
          "device": devices.yaml, "owner": pairing.owner.map { YAML($0) },
          "passphrase": pairing.passphraseYAML,
        ]))
    case .makeToken(let name, let owner, let policy):
      .init(
        key: "make_token",
        value: .mapping([
          "name": YAML(name), "owner": YAML(owner), "relink": policy.map { YAML($0.word) },
        ]))
    case .show(let token, let device, let pairing):
      .init(
        key: "show",
        value: .mapping([
          "token": YAML(token), "to": YAML(device), "passphrase": pairing.passphraseYAML,
        ]))
    case .changeNetwork(let devices, let ssid):
      .init(
        key: "change_network",
        value: .mapping(YAML.members(["device": devices.yaml]) + [ssid.member("to")]))
    case .reset(let devices): .init(key: "reset", value: devices.yaml)
    case .remove(let devices): .init(key: "remove", value: devices.yaml)
    default: preconditionFailure("\(self) is no step of pairing")
    }
  }

  private var worldYAML: YAML.Member {
    switch self {
    case .use(let devices, 1): .init(key: "use", value: devices.yaml)
    case .use(let devices, let times):
      .init(key: "use", value: .mapping(["device": devices.yaml, "times": YAML(times)]))
    case .power(let target, let isOn):
      .init(
        key: "power",
        value: .mapping([
          "device": target.devices?.yaml, "home": target.home.map { YAML($0) },
          "is": YAML(isOn ? "on" : "off"),
        ]))
    case .cutPower(let device, .afterByte(let byte)):
      .init(
        key: "cut_power", value: .mapping(["device": YAML(device), "after_byte": YAML(byte)]))
    case .cutPower(let device, .beforeOperation(let operation)):
      .init(
        key: "cut_power",
        value: .mapping(["device": YAML(device), "before_operation": YAML(operation)]))
    case .cutPower(let device, .beforeAnyOperation(let operation)):
      .init(
        key: "cut_power",
        value: .mapping(["device": YAML(device), "before_any_operation": YAML(operation)]))
    case .reach(let devices, let isInReach):
      .init(key: isInReach ? "into_reach" : "out_of_reach", value: devices.yaml)
    case .network(let home, let ssid, let state):
      .init(
        key: "network",
        value: .mapping(
          YAML.members(["home": YAML(home)]) + [ssid.member("ssid")]
            + YAML.members(["is": YAML(state.word)])))
    case .replaceRouter(let home, let ssid, let network):
      .init(
        key: "replace_router",
        value: .mapping(
          YAML.members(["home": YAML(home)]) + [ssid.member("ssid")]
            + YAML.members(["with": network.yaml])))
    default: preconditionFailure("\(self) is no step of the world")
    }
  }

  private var cloudYAML: YAML.Member {
    switch self {
    case .fault(let fault): .init(key: "fault", value: fault.yaml)
    case .heal: .init(key: "heal", value: YAML("everything"))
    case .cloud(let action): .init(key: "cloud", value: YAML(action.word))
    case .logOut(let scope, let reason): .init(key: "logout", value: scope.yaml(reason: reason))
    case .clock(let device, let jump):
      .init(
        key: "clock", value: .mapping(["of": YAML(device ?? "cloud"), "by": YAML(jump)]))
    default: preconditionFailure("\(self) is no step of the cloud")
    }
  }

  private var ownerYAML: YAML.Member {
    switch self {
    case .logIn(let owners): .init(key: "login", value: owners.yaml)
    case .look(let owners): .init(key: "look", value: owners.yaml)
    case .signOut(let owners): .init(key: "sign_out", value: owners.yaml)
    case .refresh(let owners, 1): .init(key: "refresh", value: owners.yaml)
    case .refresh(let owners, let count):
      .init(key: "refresh", value: .mapping(["owner": owners.yaml, "at_once": YAML(count)]))
    case .steal(.owner(let holder), let name), .steal(.device(let holder), let name):
      .init(key: "steal", value: .mapping(["from": YAML(holder), "as": YAML(name)]))
    case .replay(let name, let count, let answer):
      .init(
        key: "replay",
        value: .mapping([
          "token": YAML(name), "expect": answer.map { YAML($0.word) },
          "at_once": count == 1 ? nil : YAML(count),
        ]))
    default: preconditionFailure("\(self) is no step of an owner")
    }
  }
}

extension Action.Pairing {
  fileprivate var passphraseYAML: YAML? {
    self.passphrase.map { YAML(String(decoding: $0, as: UTF8.self)) }
  }
}

extension Action.PowerTarget {
  fileprivate var devices: DeviceSelection? {
    guard case .devices(let devices) = self else { return nil }
    return devices
  }

  fileprivate var home: String? {
    guard case .home(let name) = self else { return nil }
    return name
  }
}

extension Action.LogoutScope {
  fileprivate func yaml(reason: String) -> YAML {
    let why = reason == Grammar.logoutReason ? nil : YAML(reason)
    switch self {
    case .everyone where why == nil: return YAML("everyone")
    case .everyone: return .mapping(["everyone": YAML(true), "reason": why])
    case .kind(let kind): return .mapping(["kind": YAML(kind.word), "reason": why])
    case .account(let email): return .mapping(["account": YAML(email), "reason": why])
    case .device(let name): return .mapping(["device": YAML(name), "reason": why])
    case .session(let email): return .mapping(["session": YAML(email), "reason": why])
    case .region(let region): return .mapping(["region": YAML(region.text), "reason": why])
    case .issuedBefore(let ago):
      return .mapping(["issued_before": ago.map { YAML($0) } ?? YAML("now"), "reason": why])
    case .list(let names, let skipsUnknown):
      return .mapping([
        "list": .list(names.map(\.yaml)), "skip_unknown": skipsUnknown ? YAML(true) : nil,
        "reason": why,
      ])
    }
  }
}

extension Action.ListedName {
  fileprivate var yaml: YAML {
    switch self {
    case .account(let name), .device(let name): YAML(name)
    case .nobody: YAML("nobody")
    }
  }
}

extension Fault {
  fileprivate var yaml: YAML {
    var members: [YAML.Member]
    switch self.harm {
    case .beforeCommit: members = YAML.members(["cut": YAML("before_commit")])
    case .afterCommit: members = YAML.members(["cut": YAML("after_commit")])
    case .afterByte(let byte): members = YAML.members(["cut_after_byte": YAML(byte)])
    case .delay(let duration, let phase):
      members = YAML.members([
        "delay": YAML(duration), "phase": phase == .afterCommit ? nil : YAML(phase.word),
      ])
    case .duplicate: members = YAML.members(["duplicate": YAML(true)])
    case .status(let status, let retryAfter, let phase):
      members = YAML.members([
        "status": YAML(status), "retry_after": retryAfter.map { YAML($0) },
        "phase": phase == .beforeCommit ? nil : YAML(phase.word),
      ])
    case .malformed(let malformation, let phase):
      members = YAML.members([
        "malformed": YAML(malformation.word),
        "phase": phase == .afterCommit ? nil : YAML(phase.word),
      ])
    }
    members += YAML.members(["ending": self.ending == .close ? nil : YAML(self.ending.word)])
    members += YAML.members(["of": YAML(self.exchange.word)])
    switch self.of {
    case .anybody: break
    case .devices(let devices): members += YAML.members(["device": devices.yaml])
    case .owner(let email): members += YAML.members(["owner": YAML(email)])
    }
    members += YAML.members([
      "nth": self.nth == 1 ? nil : YAML(self.nth),
      "times": self.times == 1 ? nil : YAML(self.times),
    ])
    return .mapping(members)
  }
}

extension DeviceSelection {
  var yaml: YAML {
    switch self {
    case .all: YAML("all")
    case .kind(let kind): YAML("\(kind.word)s")
    case .fleet: YAML("fleet")
    case .named(let names): names.count == 1 ? YAML(names[0]) : .list(names.map { YAML($0) })
    }
  }
}

extension OwnerSelection {
  var yaml: YAML {
    switch self {
    case .all: YAML("all")
    case .fleet: YAML("fleet")
    case .named(let emails): emails.count == 1 ? YAML(emails[0]) : .list(emails.map { YAML($0) })
    }
  }
}
