import Simulation
import Testing

@Suite struct SeededRandomTests {
  /// A seed that somebody has written down must mean the same for ever. The numbers come from another
  /// implementation of the published algorithm.
  @Test func `the numbers of a seed never change`() {
    func first(_ random: SeededRandom) -> [UInt64] {
      var random = random
      return (0..<3).map { _ in random.next() }
    }
    #expect(
      first(SeededRandom(seed: 0)) == [
        0xA706_DD2F_4D19_7E6F, 0xB382_A305_F441_4F5E, 0x631A_9154_FBAB_F717,
      ])
    #expect(
      first(SeededRandom(seed: 1)) == [
        0x5E41_AB08_7439_611E, 0xF18D_6CE9_3D6C_F1EE, 0x0B95_F66D_327E_8D78,
      ])
    #expect(
      first(SeededRandom(seed: 4_711, stream: .deviceNetwork, index: 7)) == [
        0x8143_E0F8_A6ED_F3DF, 0xB1AD_6F4A_79DD_C68E, 0x917F_0137_6BCB_F1F4,
      ])
    #expect(
      first(SeededRandom(seed: 4_711, stream: .deviceNetwork, name: "porch")) == [
        0xF045_056D_8DF2_FDBE, 0xDFAA_5579_2CFF_48F8, 0x3D42_869C_B636_12DB,
      ])
  }

  @Test(arguments: [0, 1, 2, 1 << 48, .max] as [UInt64])
  func `the streams and indices of a seed have numbers of their own`(seed: UInt64) {
    let streams: [SeededRandom.Stream] = [
      .plan, .cloud, .device, .deviceNetwork, .app, .thief, .identity, .flash,
    ]
    var seen: Set<UInt64> = []
    for stream in streams {
      for index in [0, 1, 2, 65_536, 2_400_000] {
        var random = SeededRandom(seed: seed, stream: stream, index: index)
        for _ in 0..<10 { seen.insert(random.next()) }
      }
    }
    #expect(seen.count == streams.count * 5 * 10)
    for stream in streams {
      for name in ["", "porch", "porcg", "camera-1", "camera-2", "owner-1@example.org"] {
        var random = SeededRandom(seed: seed, stream: stream, name: name)
        for _ in 0..<10 { seen.insert(random.next()) }
      }
    }
    #expect(seen.count == streams.count * (5 + 6) * 10)
  }

  @Test func `no two of 100,000 seeds draw the same`() {
    let first = (0..<100_000 as Range<UInt64>).map { seed in
      var random = SeededRandom(seed: seed, stream: .plan)
      return random.next()
    }
    #expect(Set(first).count == first.count)
  }

  @Test func `numbers are below their limit, and all of them come`() {
    var random = SeededRandom(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7_000 { counts[random.number(below: 7)] += 1 }
    #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    #expect(Set((0..<200).map { _ in random.number(in: -1...1) }) == [-1, 0, 1])
    for limit in [.min, -1, 0, 1] { #expect(random.number(below: limit) == 0) }
  }

  @Test func `chance strikes as often as it is told to`() {
    var random = SeededRandom(seed: 4)
    #expect((2_350...2_650).contains((0..<10_000).count { _ in random.chance(permille: 250) }))
    #expect((0..<1_000).count { _ in random.chance(permille: 0) } == 0)
    #expect((0..<1_000).count { _ in random.chance(permille: 1_000) } == 1_000)
    #expect(random.element(of: [Int]()) == nil)
    #expect(Set((0..<100).map { _ in random.element(of: [1, 2, 3]) }) == [1, 2, 3])
  }
}
