import CloudCore
import DeviceCore
import DeviceProtocol

// The steps in which something goes wrong, or somebody does wrong.

extension ScenarioDraw {
  mutating func drawPower() {
    let target: Action.PowerTarget =
      self.random.chance(permille: 250)
      ? .home(self.random.element(of: self.scenario.homes)?.name ?? "")
      : .devices(self.drawDevices())
    self.add(.power(target, isOn: false))
    if self.random.chance(permille: 800) {
      self.add(.wait(self.drawDuration()))
      self.add(.power(target, isOn: true))
    }
  }

  /// Something that a device writes to flash for.
  mutating func drawWriting(_ nickname: String) {
    let device = DeviceSelection.named([nickname])
    switch self.random.number(below: 6) {
    case 0: self.add(.reset(device))
    case 1: self.add(.pair(device, Action.Pairing()))
    case 2: self.add(.logOut(.device(nickname), reason: "drawn"))
    case 3, 4: self.add(.use(device, times: self.random.number(in: 1...20)))
    default: break
    }
  }

  mutating func drawOutage() {
    guard self.random.chance(permille: 250) else {
      self.add(.cloud(.crash))
      return
    }
    self.add(.cloud(.stop))
    self.add(
      .wait(
        self.isHammering ? self.drawDuration() : .seconds(self.random.number(in: 60...5_000))))
    self.add(.cloud(.start))
  }

  /// A scale is used while nothing arrives, and then somebody else pairs it.
  mutating func drawHandover() {
    guard let scale = self.scenario.devices.first(where: { $0.kind == .scale }) else { return }
    var fault = Fault(
      .measurements, of: .devices(.named([scale.nickname])), harm: .status(503, retryAfter: nil))
    fault.times = 1_000
    self.add(.fault(fault))
    self.add(.use(.named([scale.nickname]), times: 2))
    self.add(.wait(self.drawDuration()))
    self.add(
      self.random.chance(permille: 500)
        ? .reset(.named([scale.nickname])) : .remove(.named([scale.nickname])))
    self.add(.wait(.seconds(self.random.number(in: 1...30))))
    var pairing = Action.Pairing()
    pairing.owner = self.drawOwner()
    self.add(.pair(.named([scale.nickname]), pairing))
    self.add(.wait(self.drawDuration()))
  }

  mutating func drawTheft() {
    if !self.isHammering, self.random.chance(permille: 300) {
      // The window and the life of the tokens are where it matters when the thief comes.
      self.copies += 1
      let life = Int(self.scenario.cloud.accessTokenLifetime.wholeMilliseconds)
      let holder: Action.TokenHolder =
        self.random.chance(permille: 500)
        ? .owner(self.drawOwner()) : .device(self.drawNickname() ?? "")
      self.add(.steal(from: holder, as: "copy-\(self.copies)"))
      self.add(.wait(.milliseconds(life / 2 + self.random.number(below: life * 3 / 2))))
      self.add(.replay("copy-\(self.copies)", atOnce: 1, expecting: nil))
      return
    }
    if self.copies == 0 || self.random.chance(permille: 500) {
      self.copies += 1
      let holder: Action.TokenHolder =
        self.random.chance(permille: 500)
        ? .owner(self.drawOwner()) : .device(self.drawNickname() ?? "")
      self.add(.steal(from: holder, as: "copy-\(self.copies)"))
    } else {
      let copy = self.random.number(in: 1...self.copies)
      self.add(
        .replay("copy-\(copy)", atOnce: self.random.number(in: 1...3), expecting: nil))
    }
  }

  mutating func drawLogout() {
    self.add(.logOut(self.drawScope(), reason: "drawn"))
    if self.random.chance(permille: 600) {
      self.add(.wait(self.drawDuration()))
      self.add(.logIn(.all))
    }
  }

  mutating func drawFault() {
    let exchange = self.random.element(of: Fault.Exchange.allCases) ?? .any
    let subject: Fault.Subject =
      switch self.random.number(below: 4) {
      case 0: .anybody
      case 1: .owner(self.drawOwner())
      default: .devices(self.drawDevices())
      }
    var fault = Fault(exchange, of: subject, harm: self.drawHarm())
    fault.nth = self.random.number(in: 1...3)
    fault.times = self.random.number(in: 1...3)
    if self.random.chance(permille: 150) {
      // Each stream is accepted and closed at once.
      fault = Fault(.stream, of: subject, harm: .afterByte(1_000))
      fault.times = 10_000
    }
    self.add(.fault(fault))
  }

  mutating func drawToken() {
    switch self.random.number(below: 4) {
    case 0: self.add(.refresh(.named([self.drawOwner()]), atOnce: self.random.number(in: 1...4)))
    case 1: self.add(.look(.all))
    case 2:
      self.add(
        .makeToken(
          name: "kept", owner: self.drawOwner(),
          relinkPolicy: self.random.element(of: RelinkPolicy.allCases)))
    default:
      self.add(.show(token: "kept", to: self.drawNickname() ?? "", Action.Pairing()))
    }
  }
}
