import DeviceCore
import DeviceProtocol

/// Carries out what the laboratory does to a device.
struct World {
  let power: Power
  let radio: Radio

  /// Answers one line.
  func answer(_ line: [UInt8]) -> [UInt8] {
    // What a device that has just lost its power is told would be lost with it.
    self.power.finishCutDuringStore()
    do throws(WorldError) {
      return try self.carryOut(WorldRequest(parsing: line)).bytes
    } catch {
      return WorldAnswer.failed(error).bytes
    }
  }

  private func carryOut(_ request: WorldRequest) throws(WorldError) -> WorldAnswer {
    switch request {
    case .status:
      return .status(self.power.status)
    case .power:
      do {
        try self.power.turnOn()
      } catch {
        throw WorldError(error.description)
      }
    case .cutPower:
      self.power.cut()
    case .cutPowerDuringStore(let byteCount):
      try self.poweredDriver().armPowerCut(afterByteCount: byteCount)
    case .button(let heldMilliseconds):
      try self.poweredDriver().handle(.button(heldMilliseconds: heldMilliseconds))
    case .lens(let text):
      try self.poweredDriver(ofA: .camera).handle(.lens(text: text))
    case .motion:
      try self.poweredDriver(ofA: .camera).handle(.motion(at: Clock.wallClock))
    case .handover(let text):
      try self.poweredDriver(ofA: .scale).handle(.handover(text: text))
    case .stepOn(let weighing):
      let driver = try self.poweredDriver(ofA: .scale)
      driver.handle(.steppedOn(weighing, at: Clock.wallClock))
      guard driver.isNewestMeasurementStored else {
        throw WorldError("the measurement is not in flash")
      }
    case .air(let networks):
      let isNetworkLost = self.radio.airChanged(to: networks)
      self.power.driver?.airChanged(isNetworkLost: isNetworkLost)
    }
    return .done
  }

  /// - Parameter kind: The only kind that the request means anything to; nil for both.
  private func poweredDriver(ofA kind: DeviceKind? = nil) throws(WorldError) -> DeviceDriver {
    guard kind == nil || kind == self.power.kind else {
      throw WorldError("a \(self.power.kind.text) does not take this event")
    }
    guard let driver = self.power.driver else { throw WorldError("the power is off") }
    return driver
  }
}
