import CloudCore

/// How many sessions are live, for a gauge: counted anew only so often that it takes one hundredth
/// of the time, since with millions of sessions counting takes a second.
actor LiveSessionCount {
  typealias Counts = [ClientKind: UInt64]

  /// One that is faster than this is waited for; a slower one goes on beside the answer.
  private static let longestWait = Duration.milliseconds(50)
  private static let shareOfTime = 100

  private let count: @Sendable () async throws -> Counts
  private var newest: Counts?
  private var lastDuration = Duration.zero
  private var next = ContinuousClock.now
  private var isCounting = false

  init(count: @escaping @Sendable () async throws -> Counts) { self.count = count }

  /// Nil when they could not be counted yet.
  func counts() async -> Counts? {
    if !self.isCounting, ContinuousClock.now >= self.next {
      self.isCounting = true
      if self.newest == nil || self.lastDuration < Self.longestWait {
        await self.recount()
      } else {
        Task { await self.recount() }
      }
    }
    return self.newest
  }

  private func recount() async {
    let start = ContinuousClock.now
    if let counts = try? await self.count() { self.newest = counts }
    self.lastDuration = .now - start
    self.next = .now + self.lastDuration * Self.shareOfTime
    self.isCounting = false
  }
}
