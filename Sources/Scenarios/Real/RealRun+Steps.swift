import Foundation
import Simulation

extension RealRun {
  func take(_ step: Step) async throws {
    switch step.action {
    case .stage(let title):
      try await self.showDevicesIfChanged()
      self.stage(title)
    case .mark(let name):
      self.marks[name] = try await self.moment()
    case .wait(let time):
      self.note("\(time.inWords) go by")
      try await Task.sleep(for: time)
    case .expect(let expectation):
      try await self.expect(expectation, line: step.line)

    case .pair(let selection, let pairing):
      try await self.pair(selection, pairing)
    case .makeToken(let name, let owner, let policy):
      try await self.makeToken(name: name, owner: owner, relinkPolicy: policy)
    case .show(let token, let nickname, let pairing):
      try await self.show(token: token, to: nickname, pairing)
    case .changeNetwork(let selection, let ssid):
      try await self.changeNetwork(selection, to: ssid)
    case .reset(let selection):
      try await self.reset(selection)
    case .remove(let selection):
      try await self.remove(selection)

    case .use(let selection, let times):
      try await self.use(selection, times: times)
    case .power(let target, let isOn):
      try await self.power(target, isOn: isOn)
    case .cutPower(let nickname, let point):
      try await self.cutPower(nickname, during: point)
    case .reach(let selection, let isInReach):
      try await self.reach(selection, isInReach: isInReach)
    case .network(let home, let ssid, let state):
      try await self.set(ssid, ofHome: home, to: state)
    case .replaceRouter(let home, let ssid, let network):
      try await self.replaceRouter(home: home, ssid: ssid, with: network)

    case .fault(let fault):
      try await self.place(fault, line: step.line)
    case .heal:
      try await self.heal()
    case .cloud(let action):
      try await self.cloud(action)
    case .logOut(let scope, let reason):
      try await self.logOut(scope, reason: reason)
    case .clock:
      throw LabError(.unsupported, "the real way has no clock that jumps")

    case .logIn(let owners):
      try await self.logIn(owners)
    case .signOut(let owners):
      try await self.signOut(owners)
    case .refresh(let owners, let atOnce):
      try await self.refresh(owners, atOnce: atOnce, line: step.line)
    case .look(let owners):
      try await self.look(owners)
    case .steal(let holder, let name):
      try await self.steal(from: holder, as: name)
    case .replay(let name, let atOnce, let answer):
      try await self.replay(name, atOnce: atOnce, expecting: answer, line: step.line)
    }
  }

  /// Where everybody's records stand.
  func moment() async throws -> Moment {
    var moment = Moment(theft: self.thieves.count)
    for nickname in self.scenario.devices.map(\.nickname) {
      moment.journals[nickname] = try await self.lab.device(nickname).journal.mark
    }
    for owner in self.scenario.owners {
      moment.apps[owner.email] = try await self.lab.app(of: owner.email).counted.count
    }
    return moment
  }
}
