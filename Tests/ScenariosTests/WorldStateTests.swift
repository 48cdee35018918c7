import DeviceProtocol
import Simulation
import Testing

@testable import Scenarios

struct WorldStateTests {
  private static func ssid(_ text: String) throws -> SSID {
    try #require(SSID(Array(text.utf8)))
  }

  private static func state() throws -> WorldState {
    var scenario = Scenario(name: "a test")
    let networks = try ["upstairs", "downstairs"].map {
      Scenario.Network(
        ssid: try Self.ssid($0), security: .wpa2, passphrase: Array("correct horse".utf8))
    }
    scenario.homes = [.init(name: "Hillside", networks: networks)]
    return WorldState(scenario)
  }

  private static func names(_ air: [WorldEvent.Network]) -> [String] {
    air.compactMap { Hexadecimal.decode(Array($0.ssidHex.utf8)) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `a network that is off is not in the air, and one in trouble says so`() throws {
    var world = try Self.state()
    world.set(try Self.ssid("upstairs"), ofHome: "Hillside", to: .off)
    world.set(try Self.ssid("downstairs"), ofHome: "Hillside", to: .routerDown)
    let air = world.air(of: "porch", inHome: "Hillside")
    #expect(Self.names(air) == ["downstairs"])
    #expect(air.map(\.router) == ["down"])
    world.set(try Self.ssid("downstairs"), ofHome: "Hillside", to: .noInternet)
    #expect(world.air(of: "porch", inHome: "Hillside").map(\.internet) == [false])
  }

  @Test func `who was carried out of reach has nothing in the air, and healing brings all back`()
    throws
  {
    var world = try Self.state()
    world.carry("porch", isInReach: false)
    world.set(try Self.ssid("upstairs"), ofHome: "Hillside", to: .off)
    #expect(world.air(of: "porch", inHome: "Hillside").isEmpty)
    #expect(Self.names(world.air(of: "garage", inHome: "Hillside")) == ["downstairs"])
    world.heal()
    #expect(Self.names(world.air(of: "porch", inHome: "Hillside")) == ["upstairs", "downstairs"])
  }

  @Test func `a new router stands in the place of the old one, also by the old one's name`() throws
  {
    var world = try Self.state()
    let network = Scenario.Network(
      ssid: try Self.ssid("attic"), security: .sae, passphrase: Array("x".utf8))
    let upstairs = try Self.ssid("upstairs")
    let isReplaced = world.replace(upstairs, ofHome: "Hillside", with: network)
    #expect(isReplaced)
    #expect(Self.names(world.air(of: "porch", inHome: "Hillside")) == ["attic", "downstairs"])
    #expect(world.network(upstairs, ofHome: "Hillside") == network)
    let isOtherReplaced = world.replace(
      try Self.ssid("cellar"), ofHome: "Hillside", with: network)
    #expect(!isOtherReplaced)
  }
}
