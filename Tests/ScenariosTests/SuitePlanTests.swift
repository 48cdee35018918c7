import Synchronization
import Testing

@testable import Scenarios

/// Which variants and seeds a file is run under.
@Suite struct SuitePlanTests {
  private func runs(_ seeds: Int, variants: Int) -> [String] {
    let plan = SuitePlan(variantCount: variants, seeds: seeds, firstSeed: 1)
    return (0..<plan.runCount).map { "\(plan[$0].variant):\(plan[$0].seed)" }
  }

  @Test func `every variant is run under every seed`() {
    #expect(self.runs(3, variants: 1) == ["0:1", "0:2", "0:3"])
    #expect(self.runs(1, variants: 3) == ["0:1", "1:1", "2:1"])
    #expect(self.runs(2, variants: 2) == ["0:1", "1:1", "0:2", "1:2"])
    #expect(self.runs(40, variants: 50).count == 2_000)
    // One scenario is never cut short.
    #expect(self.runs(9_000, variants: 1).count == 9_000)
    #expect(self.runs(1, variants: 5_000).count == 5_000)
  }

  /// Seven hundred bytes under a hundred seeds each would take minutes.
  @Test(arguments: [(50, 100), (701, 100), (2, 3_000), (4_999, 2)])
  func `where that is too much, seeds are spread over the variants`(
    variants: Int, seeds: Int
  ) {
    let plan = SuitePlan(variantCount: variants, seeds: seeds, firstSeed: 1)
    #expect(plan.isSpread)
    #expect(plan.words == "\(variants) variants, seeds spread over them")
    #expect(plan.runCount == max(2_000, variants, seeds))
    var seedsOf: [Int: Set<UInt64>] = [:]
    for index in 0..<plan.runCount {
      seedsOf[plan[index].variant, default: []].insert(plan[index].seed)
    }
    #expect(seedsOf.count == variants)
    let all = seedsOf.values.reduce(into: Set()) { $0.formUnion($1) }
    #expect(all.count == plan.runCount, "each run has a seed of its own")
    // No variant is given odd seeds only, or even ones.
    for seeds in seedsOf.values where seeds.count > 1 {
      #expect(Set(seeds.map { $0 % 2 }).count == 2 || variants % 2 == 1)
    }
  }

  @Test func `results are taken in their order, and no more are kept than are early`() {
    let taken = Mutex<[Int]>([])
    let results = OrderedResults<Int> { value in taken.withLock { $0.append(value) } }
    for index in [2, 0, 1, 4] { results.add(index * 10, at: index) }
    #expect(taken.withLock { $0 } == [0, 10, 20])
    // The third was never begun.
    results.takeRest()
    #expect(taken.withLock { $0 } == [0, 10, 20, 40])
  }
}
