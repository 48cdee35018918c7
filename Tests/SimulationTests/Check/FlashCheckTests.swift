import DeviceCore
import DeviceProtocol
import Testing

@testable import Simulation

/// What was acknowledged is in a device's flash after every power cut (rule 7).
@Suite struct FlashCheckTests {
  private func world() throws -> World {
    var world = try World(.oneHome([.wait(seconds: 5)]), seed: 1, firmware: .builtIn)
    let outcome = world.run()
    #expect(outcome.passed)
    return world
  }

  @Test(arguments: [RecordKey.wifi, .credentials, .counters])
  func `a record that is lost or another at the next boot breaks rule 7`(key: RecordKey) throws {
    let good = try self.world()
    let value = try #require(good.devices[0].store.records.first { $0.key == key }?.value)
    for other in [[], value + [0], value] {
      var world = try self.world()
      #expect(world.devices[0].store.set(key, to: other) == .stored)
      world.cutPower(0)
      world.boot(0)
      #expect(world.violation?.rule == (other == value ? nil : 7), "\(other.count) bytes")
    }
  }

  /// Pairing, a logout, a relink, measurements that wait and are delivered, and a reset: whatever the
  /// operation at which power fails, and whichever key it is of, nothing that was acknowledged is lost.
  @Test(arguments: 0..<12 as Range<Int>)
  func `a device is cut at any operation of its flash`(block: Int) throws {
    var cuts = 0
    for operation in stride(from: block, to: 120, by: 12) {
      var scenario = Scenario.oneHome()
      // The fault strikes only where the scale has come so far.
      scenario.isDrawn = true
      scenario.steps = [
        Action.cutPower("bathroom", during: .beforeAnyOperation(operation)), .pairAll,
        .wait(seconds: 20), .power(.devices(.bathroom), isOn: true), .wait(seconds: 20),
        .cutPower("bathroom", during: .beforeAnyOperation(operation / 2)),
        .fault(.measurements, of: .devices(.bathroom), .beforeCommit),
        .use(.bathroom, times: 4), .wait(seconds: 20), .heal,
        .expect(.bathroom, .settled, .within(.seconds(120))),
        .logOut(.everyone, reason: "drill"), .logIn(.all),
        .cutPower("bathroom", during: .beforeAnyOperation(operation)), .wait(seconds: 60),
        .power(.devices(.bathroom), isOn: true),
        .expect(.bathroom, .settled, .within(.seconds(120))),
        .cutPower("bathroom", during: .beforeAnyOperation(operation)), .reset(.bathroom),
        .wait(seconds: 30), .power(.devices(.bathroom), isOn: true), .wait(seconds: 30),
        .expect(.bathroom, .settled, .within(.seconds(120))),
      ].map { Step($0) }
      let play = try Play(scenario)
      #expect(play.failures == [], "operation \(operation)")
      cuts += play.entries("bathroom", "power: state off").count
    }
    #expect(cuts > 4)
  }

  /// The operation of a key that holds no credentials: the first of the counters, as the scale takes
  /// its first numbers.
  @Test func `a cut strikes writes of all keys, and one of credentials only those`() throws {
    func offCount(_ point: Action.StorePoint) throws -> Int {
      try Play(
        .oneHome([
          .cutPower("bathroom", during: point), .use(.bathroom, times: 1), .wait(seconds: 9),
        ])
      ).entries("bathroom", "power: state off").count
    }
    #expect(try offCount(.beforeAnyOperation(0)) == 1)
    #expect(try offCount(.beforeAnyOperation(10_000)) == 0)
    #expect(try offCount(.beforeOperation(0)) == 0)
  }

  @Test func `a device that is as it left the factory must have been reset, or never paired`()
    throws
  {
    var world = try self.world()
    let settled = Demand(.devices(.porch), [.settled])
    #expect(world.failure(of: settled) == nil)
    // As after a power cut that took everything.
    let constants = world.devices[0].specification.common.constants
    world.devices[0].core = Device(constants, stored: [], seed: 1)
    #expect(world.failure(of: settled)?.seen == "porch has state as it left the factory")
    world.devices[0].seen.hasBeenPaired = false
    #expect(world.failure(of: settled) == nil)
  }
}
