import CloudCore
import DeviceProtocol
import Simulation

extension Action {
  init(_ step: Fields) throws(ScenarioError) {
    let (key, value) = step.only
    switch key {
    case "stage": self = .stage(value.text)
    case "mark": self = .mark(value.text)
    case "wait": self = .wait(value.duration)
    case "expect": self = .expect(Expectation(value.fields))
    case "pair": self = .pair(value.devices, Pairing(value))
    case "make_token":
      self = .makeToken(
        name: value.fields.required("name").text, owner: value.fields.required("owner").text,
        relinkPolicy: value.fields["relink"]?.choice())
    case "show":
      self = .show(
        token: value.fields.required("token").text, to: value.fields.required("to").text,
        Pairing(value))
    case "change_network":
      self = .changeNetwork(value.devices, to: value.fields.ssid("to"))
    case "reset": self = .reset(value.devices)
    case "remove": self = .remove(value.devices)
    case "use": self = .use(value.devices, times: value.number("times"))
    case "power":
      self = .power(
        value.fields["home"].map { .home($0.text) } ?? .devices(value.devices),
        isOn: value.fields.required("is").text == "on")
    case "cut_power":
      self = .cutPower(value.fields.required("device").text, during: StorePoint(value.fields))
    case "out_of_reach": self = .reach(value.devices, isInReach: false)
    case "into_reach": self = .reach(value.devices, isInReach: true)
    case "network":
      self = .network(
        home: value.fields.required("home").text, ssid: value.fields.ssid("ssid"),
        value.fields.required("is").choice())
    case "replace_router":
      self = .replaceRouter(
        home: value.fields.required("home").text, ssid: value.fields.ssid("ssid"),
        with: try Scenario.Network(value.fields.required("with").fields))
    case "fault": self = .fault(Fault(value.fields))
    case "heal": self = .heal
    case "cloud": self = .cloud(value.choice())
    case "logout": self = .logOut(LogoutScope(value), reason: value.logoutReason)
    case "clock":
      let of = value.fields.required("of").text
      let by = value.fields.required("by")
      guard by.duration != .zero else { throw by.place.error("a clock must jump by more than 0s") }
      self = .clock(device: of == "cloud" ? nil : of, by: by.duration)
    case "login": self = .logIn(value.owners)
    case "look": self = .look(value.owners)
    case "sign_out": self = .signOut(value.owners)
    case "refresh": self = .refresh(value.owners, atOnce: value.number("at_once"))
    case "steal":
      let from = value.fields.required("from").text
      self = .steal(
        from: from.contains("@") ? .owner(from) : .device(from),
        as: value.fields.required("as").text)
    case "replay":
      self = .replay(
        value.fields.required("token").text, atOnce: value.number("at_once"),
        expecting: value.fields["expect"]?.choice())
    default: preconditionFailure("the grammar accepted the step '\(key)'")
    }
  }
}

extension Action.Pairing {
  fileprivate init(_ value: Value) {
    self.init()
    guard case .mapping(let fields) = value.content else { return }
    self.passphrase = fields["passphrase"].map { Array($0.text.utf8) }
    if fields.shape.keys.contains(where: { $0.name == "owner" }) {
      self.owner = fields["owner"]?.text
    }
  }
}

extension Action.StorePoint {
  fileprivate init(_ fields: Fields) {
    self =
      fields["after_byte"].map { .afterByte($0.integer) }
      ?? fields["before_any_operation"].map { .beforeAnyOperation($0.integer) }
      ?? .beforeOperation(fields.required("before_operation").integer)
  }
}

extension Action.LogoutScope {
  fileprivate init(_ value: Value) {
    self = .everyone
    guard case .mapping(let fields) = value.content else { return }
    if let kind = fields["kind"] { self = .kind(kind.choice()) }
    if let account = fields["account"] { self = .account(account.text) }
    if let device = fields["device"] { self = .device(device.text) }
    if let session = fields["session"] { self = .session(session.text) }
    if let region = fields["region"].flatMap({ Region($0.text) }) { self = .region(region) }
    if let before = fields["issued_before"] {
      if case .duration(let ago) = before.content {
        self = .issuedBefore(ago: ago)
      } else {
        self = .issuedBefore(ago: nil)
      }
    }
    if let list = fields["list"] {
      self = .list(
        list.list.map { name in
          name.text == "nobody"
            ? .nobody : name.text.contains("@") ? .account(name.text) : .device(name.text)
        }, skipsUnknown: fields["skip_unknown"]?.truth ?? false)
    }
  }
}

extension Fault {
  fileprivate init(_ fields: Fields) {
    let harm: Harm
    let phase: Phase? = fields["phase"]?.choice()
    if let cut = fields["cut"] {
      harm = cut.text == "before_commit" ? .beforeCommit : .afterCommit
    } else if let byte = fields["cut_after_byte"] {
      harm = .afterByte(byte.integer)
    } else if let delay = fields["delay"] {
      harm = .delay(delay.duration, phase ?? .afterCommit)
    } else if let status = fields["status"] {
      harm = .status(
        status.integer, retryAfter: fields["retry_after"]?.duration, phase ?? .beforeCommit)
    } else if let malformed = fields["malformed"] {
      harm = .malformed(malformed.choice(), phase ?? .afterCommit)
    } else {
      harm = .duplicate
    }
    let subject: Subject =
      fields["owner"].map { .owner($0.text) }
      ?? fields["device"].map { .devices($0.devices) } ?? .anybody
    self.init(fields.required("of").choice(), of: subject, harm: harm)
    if let ending = fields["ending"] { self.ending = ending.choice() }
    if let nth = fields["nth"] { self.nth = nth.integer }
    if let times = fields["times"] { self.times = times.integer }
  }
}

extension Value {
  /// As a word, a name or a list; of a mapping, its `device`.
  var devices: DeviceSelection {
    switch self.content {
    case .list(let items): return .named(items.map(\.text))
    case .mapping(let fields): return fields.required("device").devices
    default: break
    }
    switch self.text {
    case "all": return .all
    case "cameras": return .kind(.camera)
    case "scales": return .kind(.scale)
    case "fleet": return .fleet
    case let name: return .named([name])
    }
  }

  /// Likewise; of a mapping, its `owner`.
  var owners: OwnerSelection {
    switch self.content {
    case .list(let items): .named(items.map(\.text))
    case .mapping(let fields): fields.required("owner").owners
    default: self.text == "all" ? .all : self.text == "fleet" ? .fleet : .named([self.text])
    }
  }

  /// Of a mapping that has the key; else 1.
  fileprivate func number(_ key: String) -> Int {
    guard case .mapping(let fields) = self.content else { return 1 }
    return fields[key]?.integer ?? 1
  }

  fileprivate var logoutReason: String {
    guard case .mapping(let fields) = self.content else { return Grammar.logoutReason }
    return fields["reason"]?.text ?? Grammar.logoutReason
  }
}
