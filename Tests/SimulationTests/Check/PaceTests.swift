import DeviceCore
import DeviceProtocol
import Testing

@testable import Simulation

/// How many requests of a device are too many (rule 6).
@Suite struct PaceTests {
  /// While no answer comes for ten minutes.
  private func play(
    _ nickname: String, _ firmware: String, _ timing: (inout Scenario.TimingSettings) -> Void
  ) throws -> Play {
    let device = DeviceSelection.named([nickname])
    var scenario = Scenario.oneHome([
      .cloud(.stop), .use(device, times: 3), .wait(seconds: 600), .cloud(.start),
      .expect(device, .settled, .within(.seconds(900))),
    ])
    for index in scenario.devices.indices where scenario.devices[index].nickname == nickname {
      scenario.devices[index].firmware = firmware
    }
    timing(&scenario.timing)
    return try Play(scenario)
  }

  @Test func `an honest firmware may wait as shortly as it is told to`() throws {
    let fixed = try self.play("bathroom", "0.8.0") { $0.backoffBase = .milliseconds(100) }
    #expect(fixed.failures == [])
    #expect(fixed.number(.requests, of: "bathroom") > 3_000)
    let capped = try self.play("porch", "2.0.0") {
      $0.backoffBase = .milliseconds(100)
      $0.backoffCap = .milliseconds(100)
    }
    #expect(capped.failures == [])
    #expect(capped.number(.requests, of: "porch") > 3_000)
    let busy = try Play(.oneHome([.use(.bathroom, times: 2_000), .wait(seconds: 600)]))
    #expect(busy.failures == [])
  }

  @Test func `firmware that does not wait at all is what it is`() throws {
    let play = try self.play("porch", "0.8.0") { _ in }
    #expect(play.failures == [])
    #expect(play.number(.requests, of: "porch") > 10_000)
  }

  @Test func `with the timing of a real device some 300 are too many, unless they succeed`() throws
  {
    let timing = Scenario.TimingSettings().deviceTiming
    #expect(World.paceLimit(timing, .keepsPreviousToken) == 303)
    #expect(World.paceLimit(timing, .fixedBackoff) == 482)
    var world = try World(.oneHome(), seed: 1, firmware: .builtIn)
    for _ in 0..<303 { world.checkPace(0) }
    #expect(world.violation == nil)
    world.devices[0].seen.requestSucceeded(.stream)
    world.devices[0].seen.requestSucceeded(.motions)
    world.checkPace(0)
    #expect(world.violation == nil)
    world.checkPace(0)
    #expect(world.violation?.rule == 6)
  }
}
