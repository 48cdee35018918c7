import Simulation
import Testing

@Suite struct ClaimTests {
  @Test(arguments: [
    (Claim.Bound.exactly(2), [false, true, false]),
    (.atLeast(2), [false, true, true]),
    (.atMost(2), [true, true, false]),
  ])
  func `a bound holds for the numbers that it names`(_ bound: Claim.Bound, _ expected: [Bool]) {
    #expect([1, 2, 3].map(bound.holds) == expected)
  }
}
