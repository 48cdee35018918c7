import CloudCore
import DeviceProtocol
import Testing

@testable import Simulation

@Suite struct ClockTests {
  @Test(arguments: [-86_400, -3_600, 3_600, 86_400])
  func `a jump of the cloud's clock costs nobody a session`(seconds: Int) throws {
    let play = try Play(
      .oneHome([
        .clock(device: nil, by: .seconds(seconds)), .use(.all, times: 1), .wait(seconds: 7_200),
        .online(.all), .expect(.all, .everythingRecorded), .expect(.all, .session(.live)),
      ]).claiming(
        Claim(.counter(.logouts), of: .everybody, .exactly(0)),
        Claim(.counter(.sessions), of: .devices(.all), .exactly(1))))
    #expect(play.failures == [])
    #expect(play.world.cloud.clockOffset == Int64(seconds) * 1_000)
  }

  /// Its access token has expired all at once.
  @Test func `after a jump ahead tokens are renewed`() throws {
    let play = try Play(
      .oneHome([
        .mark("jump"), .clock(device: nil, by: .seconds(7_200)), .use(.porch, times: 1),
        .wait(seconds: 60), .expect(.porch, .recordings(1)),
      ]))
    #expect(play.failures == [])
    #expect(play.number(.refreshes, of: "porch") >= 1)
    let still = try Play(.oneHome([.use(.porch, times: 1), .wait(seconds: 60)]))
    #expect(still.number(.refreshes, of: "porch") == 0)
  }

  @Test func `a device's clock shows in what it records`() throws {
    func times(_ change: (inout Scenario) -> Void) throws -> [UInt64] {
      var scenario = Scenario.oneHome([
        .use(.porch, times: 1), .wait(seconds: 5), .clock(device: "porch", by: .seconds(-7_200)),
        .use(.porch, times: 1), .wait(seconds: 5),
      ])
      change(&scenario)
      let play = try Play(scenario)
      let index = try #require(play.world.index(of: "porch"))
      return play.world.recordings(of: index).sorted { $0.sequence < $1.sequence }
        .map(\.at.value)
    }
    let right = try times { _ in }
    #expect(right.count == 2)
    #expect(right[1] + 7_200_000 - right[0] < 10_000)
    let ahead = try times { $0.devices[0].clockOffset = .seconds(100) }
    #expect(ahead[0] == right[0] + 100_000)
  }
}
