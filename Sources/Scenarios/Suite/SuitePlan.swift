/// Which runs a file is given in the virtual way.
package struct SuitePlan: Sendable {
  /// Each variant is run under each seed, unless that would be more runs than this.
  package static let fullRunCount = 2_000

  package let runCount: Int
  package let variantCount: Int
  /// Whether the variants share the runs out, each with other seeds.
  package let isSpread: Bool
  private let firstSeed: UInt64

  /// - Parameters:
  ///   - variantCount: At least 1.
  ///   - seeds: At least 1.
  package init(variantCount: Int, seeds: Int, firstSeed: UInt64) {
    self.variantCount = variantCount
    self.firstSeed = firstSeed
    let (product, overflows) = variantCount.multipliedReportingOverflow(by: seeds)
    self.isSpread = variantCount > 1 && seeds > 1 && (overflows || product > Self.fullRunCount)
    self.runCount = self.isSpread ? max(Self.fullRunCount, variantCount, seeds) : product
  }

  /// - Parameter index: From 0, less than `runCount`.
  package subscript(index: Int) -> (variant: Int, seed: UInt64) {
    let round = index / self.variantCount
    guard self.isSpread else {
      return (index % self.variantCount, self.firstSeed &+ UInt64(round))
    }
    // One further in each round, or an even number of variants would give each only odd or only even
    // seeds.
    return ((index + round) % self.variantCount, self.firstSeed &+ UInt64(index))
  }

  /// What a reader must know beside the number of runs; nil of a file without variants.
  package var words: String? {
    guard self.variantCount > 1 else { return nil }
    return self.isSpread
      ? "\(self.variantCount) variants, seeds spread over them" : "\(self.variantCount) variants"
  }
}
