import Simulation
import Synchronization
import Testing

@testable import Scenarios

/// Exploration, and how a failure comes back from its file.
@Suite struct ExplorationTests {
  private func explore(
    _ firmware: FirmwareTable = .builtIn, from first: UInt64 = 1, seeds: Int?, jobs: Int,
    isOver: @escaping @Sendable () -> Bool = { false }
  ) async -> (progress: Exploration.Progress, told: [Int]) {
    var exploration = Exploration(firmware: firmware)
    exploration.firstSeed = first
    exploration.seeds = seeds
    exploration.jobs = jobs
    exploration.isOver = isOver
    let told = Mutex<[Int]>([])
    let progress = await exploration.run { now in told.withLock { $0.append(now.runs) } }
    return (progress, told.withLock { $0 })
  }

  @Test(arguments: [1, 2]) func `all seeds are run, and told one by one`(jobs: Int) async {
    let (progress, told) = await self.explore(from: 11, seeds: 6, jobs: jobs)
    #expect(progress.runs == 6)
    #expect(progress.failedSeed == nil)
    #expect(told == Array(1...6))
    var events = 0
    for seed in 11...16 as ClosedRange<UInt64> {
      events +=
        VirtualRun.run(ScenarioDraw.scenario(seed: seed), seed: seed, firmware: .builtIn).outcome
        .statistics.events
    }
    #expect(progress.events == events)
  }

  @Test func `it ends when it is time, and goes on from the seed it was told`() async {
    let count = Mutex(0)
    let (progress, _) = await self.explore(seeds: nil, jobs: 1) {
      count.withLock {
        $0 += 1
        return $0 > 3
      }
    }
    #expect(progress.runs == 3)
  }

  /// Without its firmware no world can be made.
  @Test(arguments: [1, 2])
  func `the smallest seed that failed is told, and none is begun after it`(jobs: Int) async {
    let (progress, _) = await self.explore(FirmwareTable(), from: 5, seeds: 1_000, jobs: jobs)
    #expect(progress.failedSeed == 5)
    #expect(progress.runs <= jobs)
  }

  /// What `relink simulate` writes, `relink test` reads and repeats.
  @Test func `a shrunk failure is written, and its file fails in the same way`() throws {
    let scenario = try SmallScenario.reading(
      """
      weather: { lost_requests: 20 }
      steps:
        - pair: all
        - wait: 90s
        - use: porch
        - wait: 30s
        - network: { home: Hillside, ssid: Hill, is: no_internet }
        - wait: 5s
        - use: porch
        - network: { home: Hillside, ssid: Hill, is: up }
        - wait: 60s
        - expect: { device: porch, recordings: 1 }
      """)
    let report = try #require(
      try FailureReport.make(scenario, seed: 4, firmware: .builtIn, shrinks: true))
    let shrunk = try #require(report.shrunk?.scenario)
    #expect(shrunk.steps.count < scenario.steps.count)
    #expect(report.failure == .claim("porch has 1 recordings in the cloud"))
    let read = try ScenarioFile.parse(ScenarioFile.yaml(of: shrunk), file: "failure.yaml")
    let outcome = VirtualRun.run(try #require(read.first), seed: 4, firmware: .builtIn).outcome
    #expect(Shrinker.Failure(outcome) == report.failure)
    #expect(outcome.statistics.events == report.outcome.statistics.events)
  }

  /// The same, of what seeds draw: their files hold all that there is to it.
  @Test(arguments: 1...15 as ClosedRange<UInt64>)
  func `a drawn scenario that is written is repeated from its file`(seed: UInt64) throws {
    func digest(_ scenario: Scenario) -> String? {
      VirtualRun.run(scenario, seed: seed, firmware: .builtIn, log: Log(.digest)).outcome
        .statistics.journalDigest
    }
    let drawn = ScenarioDraw.scenario(seed: seed)
    let read = try ScenarioFile.parse(ScenarioFile.yaml(of: drawn), file: "drawn.yaml")
    #expect(read.count == 1)
    #expect(try digest(drawn) == digest(#require(read.first)))
  }
}
