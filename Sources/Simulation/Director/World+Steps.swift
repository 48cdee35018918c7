import CloudCore
import DeviceCore
import DeviceProtocol

// What each step of a scenario does.

extension World {
  mutating func take(_ step: Step) {
    if self.log.isOn { self.noteStep(step) }
    switch step.action {
    case .stage: break
    case .mark(let name): self.mark(name)
    case .wait(let duration): self.wait(duration.wholeMilliseconds)
    case .expect(let expectation): self.expect(expectation, step: step)
    case .pair(let selection, let pairing): self.pair(selection, pairing)
    case .makeToken(let name, let owner, let policy):
      for app in self.apps(of: .named([owner])) {
        self.ask(app, .keepToken(name: name, policy))
        self.waitForTokens(of: app)
      }
    case .show(let token, let nickname, let pairing):
      // A token that its app could not make yet is an empty screen before the lens.
      guard let index = self.index(of: nickname), let token = self.director.keptTokens[token]
      else { return }
      self.show(token: token, to: index, pairing)
    case .changeNetwork(let selection, let ssid):
      for index in self.indices(of: selection) {
        self.show(token: nil, to: index, Action.Pairing(), network: ssid)
      }
    case .reset(let selection): for index in self.indices(of: selection) { self.reset(index) }
    case .remove(let selection):
      for index in self.indices(of: selection) {
        self.ask(self.devices[index].specification.owner, .remove(device: index))
      }
    case .logIn(let selection):
      for app in self.apps(of: selection) { self.logIn(app) }
    case .signOut(let selection):
      for app in self.apps(of: selection) { self.ask(app, .signOut) }
    case .refresh(let selection, let count):
      for app in self.apps(of: selection) { self.refresh(app, atOnce: count) }
    case .look(let selection): for app in self.apps(of: selection) { self.look(app) }
    case .steal(.owner(let email), let name):
      for app in self.apps(of: .named([email])) {
        self.waitForTokens(of: app, copy: name, line: step.line)
      }
    case .steal(let holder, let name): self.steal(from: holder, as: name, line: step.line)
    case .replay(let name, let count, let expected):
      if self.replay(name, atOnce: max(1, count), expecting: expected, step: step) {
        self.director.waiting = .replay
      }
    case .use, .power, .cutPower, .reach, .network, .replaceRouter:
      self.changeWorld(step.action)
    case .fault, .heal, .cloud, .logOut, .clock:
      self.changeCloud(step.action, line: step.line)
    }
  }

  private mutating func noteStep(_ step: Step) {
    self.note("lab", "step", [("action", step.action.inWords)])
  }

  private mutating func mark(_ name: String) {
    self.owners.mark(at: self.now)
    self.director.marks.append(
      Director.Mark(
        name: name, time: self.now, counters: self.counters, storm: self.storm.mark(at: self.now)))
  }

  // MARK: Owners

  private mutating func pair(_ selection: DeviceSelection, _ pairing: Action.Pairing) {
    let other = pairing.owner.flatMap { email in self.apps.firstIndex { $0.email == email } }
    for index in self.indices(of: selection) {
      self.devices[index].seen.payload = nil
      self.ask(
        other ?? self.devices[index].specification.owner, .pair(device: index, pairing))
    }
  }

  private mutating func logIn(_ app: Int) {
    self.apps[app].notBefore = 0
    if self.apps[app].tasks.contains(.signOut) {
      // The owner is about to be logged out, which comes first.
      self.ask(app, .logIn(code: nil))
    } else if self.apps[app].isLoggedIn, !self.apps[app].tasks.contains(where: \.isLogIn) {
      // On a new phone: another session in the place of the one that the app holds.
      self.ask(app, .logIn(code: nil))
    } else if !self.apps[app].tasks.contains(where: \.isLogIn) {
      self.apps[app].tasks.insert(.logIn(code: nil), at: self.apps[app].isBusy ? 1 : 0)
      self.advance(app: app)
    }
  }

  private mutating func refresh(_ app: Int, atOnce count: Int) {
    self.ask(app, .refresh)
    guard count > 1, let tokens = self.apps[app].tokens else { return }
    // The same token a second time, beside the first: only the answer to the first is waited for.
    for _ in 1..<count {
      self.dispatch(
        Exchange(
          client: .nobody, request: .refresh(token: tokens.refresh, kind: .app), kind: .refresh,
          sentAt: self.now, isAwaited: false))
    }
  }

  private mutating func look(_ app: Int) {
    self.ask(app, .lookAtAll)
    if app >= self.scenario.owners.count {
      // A fleet's device has the number of its owner.
      self.ask(app, .look(device: app - self.scenario.owners.count + self.scenario.devices.count))
      return
    }
    // At those of others too: the cloud must not know them here.
    for index in 0..<self.scenario.devices.count { self.ask(app, .look(device: index)) }
  }

  // MARK: Homes

  private mutating func changeWorld(_ action: Action) {
    switch action {
    case .use(let selection, let times):
      for index in self.indices(of: selection) {
        for _ in 0..<max(1, times) { self.use(index) }
      }
    case .power(.devices(let selection), let isOn):
      for index in self.indices(of: selection) { self.setPower(index, isOn: isOn) }
    case .power(.home(let name), let isOn):
      for index in self.devices.indices where self.homeName(of: index) == name {
        self.setPower(index, isOn: isOn)
      }
    case .cutPower(let nickname, let point):
      guard let index = self.index(of: nickname) else { return }
      switch point {
      case .afterByte(let count):
        self.devices[index].armedCut = Int32(
          clamping: count / Int(SimulatedFlash.geometry.writeUnitByteCount))
      case .beforeOperation(let count): self.devices[index].armedCut = Int32(clamping: count)
      case .beforeAnyOperation(let count):
        if self.devices[index].hasPower {
          self.devices[index].store.armCut(beforeOperation: count)
        }
      }
    case .reach(let selection, let isInReach):
      for index in self.indices(of: selection) {
        self.devices[index].isInReach = isInReach
        self.airChanged(index)
      }
    case .network(let home, let ssid, let state):
      self.changeNetwork(of: home, ssid) { $0.state = state }
    case .replaceRouter(let home, let ssid, let network):
      self.changeNetwork(of: home, ssid, losesAll: true) {
        $0 = HomeState.Network(network: network)
      }
    default: break
    }
  }

  private func homeName(of index: Int) -> String {
    self.homes[self.devices[index].specification.home].name
  }

  private mutating func setPower(_ index: Int, isOn: Bool) {
    if isOn { self.boot(index) } else { self.cutPower(index) }
  }

  private mutating func changeNetwork(
    of home: String, _ ssid: SSID, losesAll: Bool = false,
    _ change: (inout HomeState.Network) -> Void
  ) {
    guard let place = self.homes.firstIndex(where: { $0.name == home }),
      let network = self.homes[place].networks.firstIndex(where: { $0.network.ssid == ssid })
    else { return }
    if losesAll { self.homes[place].networks[network].state = .off }
    let members = self.devices.indices.filter { self.devices[$0].specification.home == place }
    if losesAll { for index in members { self.airChanged(index) } }
    change(&self.homes[place].networks[network])
    for index in members { self.airChanged(index) }
  }

  // MARK: The cloud

  private mutating func changeCloud(_ action: Action, line: Int?) {
    switch action {
    case .fault(let fault): self.faults.append(ActiveFault(fault: fault, line: line))
    case .heal: self.heal()
    case .cloud(.stop): self.stopCloud()
    case .cloud(.start): self.startCloud()
    case .cloud(.crash): self.crashCloud(restartAfterMilliseconds: 1_000)
    case .cloud(.backUp):
      self.durable(ticket: self.cloud.commitTicket)
      self.cloud.backup = CloudNode.Backup(store: self.cloud.store.snapshot(), rules: self.rules)
    case .cloud(.restore): self.restoreCloud()
    case .logOut(.list(let names, let skipsUnknown), let reason):
      guard self.cloud.isUp else {
        return self.cannot("the cloud does not run, and cannot log anybody out", line: line)
      }
      self.logOut(names, skipsUnknown: skipsUnknown, reason: reason)
    case .logOut(let scope, let reason):
      guard let target = self.target(of: scope) else {
        return self.cannot("there is no such session to log out", line: line)
      }
      guard self.cloud.isUp else {
        return self.cannot("the cloud does not run, and cannot log anybody out", line: line)
      }
      self.logOut(target, reason: reason)
    case .clock(nil, let duration):
      self.cloud.clockOffset &+= duration.signedMilliseconds
    case .clock(let nickname?, let duration):
      guard let index = self.index(of: nickname) else { return }
      self.devices[index].clockOffset &+= duration.signedMilliseconds
    default: break
    }
  }

  private func target(of scope: Action.LogoutScope) -> LogoutTarget? {
    switch scope {
    case .everyone: .everyone
    case .kind(let kind): .kind(kind)
    case .account(let email): EmailAddress(email).map { .account($0) }
    case .device(let nickname):
      self.index(of: nickname).map { .device(self.devices[$0].specification.id) }
    case .session(let email):
      self.apps.first { $0.email == email }?.tokens?.session.map { .session($0) }
    case .region(let region): .region(region)
    case .issuedBefore(nil): .issuedBefore(nil)
    case .issuedBefore(let ago?):
      .issuedBefore(
        UnixMilliseconds(
          self.cloudTime.value - min(self.cloudTime.value, ago.wholeMilliseconds)))
    case .list: nil
    }
  }

  private mutating func heal() {
    self.judgeFaults()
    self.weather = .calm
    self.startCloud()
    for index in self.devices.indices {
      self.devices[index].armedCut = nil
      if self.devices[index].hasPower {
        self.devices[index].store.armCut(beforeOperation: nil)
      }
      self.devices[index].isInReach = true
    }
    for home in self.homes.indices {
      for network in self.homes[home].networks.indices {
        self.homes[home].networks[network].state = .up
      }
    }
    for index in self.devices.indices {
      if self.devices[index].hasPower { self.airChanged(index) } else { self.boot(index) }
    }
  }
}
