import Foundation
import Simulation
import Synchronization
import Testing

@testable import Scenarios

/// Scenario files as a suite, in the virtual way.
@Suite struct SuiteTests {
  static let passing = """
    steps:
      - pair: all
      - expect: { device: all, state: online, within: 1m }
      - use: porch
      - expect: { device: porch, recordings: complete, within: 5s }
    """

  /// Fails under some seeds, and says so with characters that XML has a use for.
  static let failing = """
    steps:
      - pair: all
      - wait: 400ms
      - expect: { device: porch, state: online }
    claims:
      - { count: boots, of: porch, exactly: 2 }
    """

  static func file(
    _ text: String, path: String = "some/file.yaml", variants: Int = 1
  ) throws -> SuiteFile {
    var scenario = try SmallScenario.reading(text)
    scenario.ways = [.virtual]
    return SuiteFile(
      path: path,
      scenarios: (1...variants).map { number in
        var variant = scenario
        if variants > 1 { variant.variant = "\(number)" }
        return variant
      })
  }

  static func run(
    _ files: [SuiteFile], seeds: Int = 1, firstSeed: UInt64 = 1, jobs: Int = 2,
    way: SuiteOptions.Way = .virtual,
    runReal: @escaping @Sendable (Scenario, UInt64) async -> Outcome = { scenario, seed in
      Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
    }
  ) async -> SuiteReport {
    var options = SuiteOptions()
    options.way = way
    options.seeds = seeds
    options.firstSeed = firstSeed
    (options.jobs, options.realJobs) = (jobs, jobs)
    let told = Mutex<[String]>([])
    let report = await Suite(
      files: files, options: options, firmware: .builtIn, runReal: runReal,
      tell: { file in told.withLock { $0.append(file.path + file.way.rawValue) } }
    ).run()
    #expect(told.withLock { $0 } == report.files.map { $0.path + $0.way.rawValue })
    return report
  }

  @Test func `a file that holds is reported so`() async throws {
    let report = await Self.run([try Self.file(Self.passing)], seeds: 5)
    #expect(report.passed)
    let file = try #require(report.files.first)
    #expect(file.runs == 5 && file.failedRuns == 0 && file.verdicts == 10)
    #expect(file.events > 100 && file.virtualMilliseconds > 1_000)
  }

  @Test func `a file that fails is reported with its first failures, by seed`() async throws {
    let report = await Self.run([try Self.file(Self.failing)], seeds: 40, firstSeed: 7)
    #expect(!report.passed)
    let file = try #require(report.files.first)
    #expect(file.failedRuns == 40)
    #expect(file.failures.map(\.seed) == [7, 8, 9, 10, 11])
  }

  @Test func `the number of a claim is told, from the least to the most`() async throws {
    let counting = """
      steps:
        - pair: all
        - wait: 400ms
      claims:
        - { count: heartbeats, of: porch, at_most: 5 }
        - { count: boots, of: all, exactly: 1 }
        - { count: requests, at_least: 1 }
      """

    let report = await Self.run([try Self.file(counting)], seeds: 20)
    let figures = try #require(report.files.first).figures
    #expect(figures.map(\.line) == [22, 23, 24])
    let boots = try #require(figures.first { $0.claim.contains("boots") })
    #expect(boots.least == 1 && boots.most == 1)
    let requests = try #require(figures.last)
    #expect(requests.least >= 1 && requests.most > requests.least)
    #expect(try report.json().contains(#""most" : \#(requests.most)"#))
  }

  @Test(arguments: [1, 3, 4])
  func `the report does not depend on the number of threads`(jobs: Int) async throws {
    let files = try [
      Self.file(Self.failing, path: "a.yaml"), Self.file(Self.passing, path: "b.yaml"),
      Self.file(Self.failing, path: "c.yaml", variants: 3),
    ]
    let first = await Self.run(files, seeds: 20, jobs: 1)
    let other = await Self.run(files, seeds: 20, jobs: jobs)
    #expect(try first.json() == other.json())
    #expect(first.files.map(\.failures) == other.files.map(\.failures))
    #expect(try first.json().contains(#""seed" : 5"#))
  }

  @Test func `what is not for a way is skipped, and told`() async throws {
    let report = await Self.run([try Self.file(Self.passing, path: "v.yaml")], way: .real)
    #expect(report.skipped == ["v.yaml"])
    #expect(report.files.isEmpty)
    #expect(report.junit.contains("<skipped/>"))
    // A server would take it for success.
    #expect(report.junit.contains("failures=\"1\""))
    #expect(report.junit.contains("nothing was run"))
  }

  @Test func `where the two ways disagree is told with its line`() async throws {
    var scenario = try SmallScenario.reading(Self.passing)
    scenario.ways = [.virtual, .real]
    let lines = scenario.steps.compactMap(\.line)
    let file = SuiteFile(path: "both.yaml", scenarios: [scenario])
    let verdicts = [
      Verdict(line: lines[1], claim: "x", failure: nil),
      Verdict(line: lines[3], claim: "y", failure: "it was not"),
    ]
    let report = await Self.run([file], way: .both) { scenario, seed in
      var outcome = Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
      outcome.verdicts = verdicts
      return outcome
    }
    #expect(!report.passed)
    #expect(report.files.map(\.way) == [.virtual, .real])
    let disagreement = try #require(report.disagreements.first?.disagreements.first)
    #expect(disagreement.line == lines[3])
    #expect(disagreement.virtual == nil && disagreement.real == "it was not")
    #expect(report.junit.contains("the two ways disagree"))
    #expect(try report.json().contains(#""real" : "it was not""#))
  }

  @Test func `the two ways are compared variant by variant`() async throws {
    var file = try Self.file(Self.passing, path: "both.yaml", variants: 3)
    file = SuiteFile(
      path: file.path,
      scenarios: file.scenarios.map { scenario in
        var scenario = scenario
        scenario.ways = [.virtual, .real]
        return scenario
      })
    let line = try #require(file.scenarios[0].steps[3].line)
    let report = await Self.run([file], seeds: 2, way: .both) { scenario, seed in
      var outcome = Outcome(
        scenario: scenario.name, variant: scenario.variant, way: .real, seed: seed)
      outcome.verdicts = [
        Verdict(line: line, claim: "y", failure: scenario.variant == "3" ? "it was not" : nil)
      ]
      return outcome
    }
    let disagreements = report.disagreements.flatMap(\.disagreements)
    #expect(disagreements.map(\.variant) == ["3"])
    #expect(disagreements.first?.words.hasPrefix("3: line \(line): ") == true)
    #expect(try report.json().contains(#""variant" : "3""#))
    // Run in two ways, and still one scenario.
    #expect(report.scenarioCount == 1 && report.failedScenarioCount == 1)
  }

  @Test func `a real run that was interrupted says nothing of its scenario`() async throws {
    var scenario = try SmallScenario.reading(Self.passing)
    scenario.ways = [.virtual, .real]
    let file = SuiteFile(path: "both.yaml", scenarios: [scenario])
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let suite = Task {
      await Self.run([file], way: .both) { scenario, seed in
        begin.finish()
        try? await Task.sleep(for: .seconds(60))
        var outcome = Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
        outcome.failure = "interrupted"
        outcome.isInterrupted = true
        return outcome
      }
    }
    for await _ in begun {}
    suite.cancel()
    let report = await suite.value
    #expect(report.isPartial)
    #expect(report.files.map(\.way) == [.virtual])
    #expect(report.failedScenarioCount == 0 && report.disagreements.isEmpty)
    #expect(report.junit.contains("stopped before everything was run"))
    #expect(report.junit.contains("failures=\"1\""))
  }

  @Test(.timeLimit(.minutes(5)))
  func `real runs of several files wait at the same time, and are told in the order of the files`()
    async throws
  {
    var scenario = try SmallScenario.reading(Self.passing)
    scenario.ways = [.real]
    let files = ["a.yaml", "b.yaml", "c.yaml"].map { SuiteFile(path: $0, scenarios: [scenario]) }
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let count = Mutex(0)
    let report = await Self.run(files, jobs: 3, way: .real) { scenario, seed in
      let place = count.withLock { count in
        count += 1
        return count
      }
      // The first to begin is the last to end.
      if place == files.count { begin.finish() }
      if place == 1 {
        for await _ in begun {}
      }
      return Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
    }
    #expect(report.passed && report.files.map(\.path) == files.map(\.path))
  }

  @Test(.timeLimit(.minutes(5)))
  func `a run of a thousand days is interrupted, and not counted`() async throws {
    let file = try Self.file("steps: [pair: all, wait: 1000d]")
    var count = 0
    let (outcome, _) = VirtualRun.run(
      file.scenarios[0], seed: 1, firmware: .builtIn,
      isOver: {
        count += 1
        return count == 3
      })
    #expect(outcome.isInterrupted && !outcome.passed)
    let task = Task { await Self.run([file], seeds: 3) }
    try await Task.sleep(for: .milliseconds(500))
    task.cancel()
    let report = await task.value
    #expect(report.isPartial && !report.passed)
    #expect(report.files.isEmpty)
  }

  @Test func `what a real run leaves is told in each report`() async throws {
    var scenario = try SmallScenario.reading(Self.passing)
    scenario.ways = [.real]
    let report = await Self.run(
      [SuiteFile(path: "real.yaml", scenarios: [scenario])], way: .real
    ) { scenario, seed in
      var outcome = Outcome(scenario: scenario.name, variant: nil, way: .real, seed: seed)
      outcome.failure = "it broke"
      outcome.folder = "/tmp/relink-x"
      outcome.lastEvents = ["1.0 s  porch  its power is on"]
      return outcome
    }
    for text in try [report.json(), report.junit] {
      #expect(text.contains("/tmp/relink-x") && text.contains("porch  its power is on"))
    }
  }

  @Test func `a suite that is cancelled says what it has`() async throws {
    let file = try Self.file(Self.passing)
    let task = Task { await Self.run([file, file], seeds: 2_000_000, jobs: 2) }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    let report = await task.value
    #expect(report.isPartial && !report.passed)
    #expect(report.files.count <= 1 && report.files.allSatisfy { $0.runs < $0.plannedRuns })
  }
}
