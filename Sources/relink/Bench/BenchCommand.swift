import ArgumentParser
import Foundation
import Scenarios

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract:
      "Measure start-up, memory, durable refreshes, token checks, the forced logout and the simulation.",
    discussion: """
      Starts clouds and devices of its own in a temporary folder below --folder, which should be on
      the disk that you want to know about. Speeds stand beside the disk's own durable commits,
      measured in the same run; on a busy machine only the ratios mean something. The simulation's
      speed stands beside the SHA-256 of 64 bytes, by the same core.

      December 2019 at full scale takes some ten minutes and 10 GB: --december 24000 is a small one.

      EXAMPLES
        make bench
        relink bench --json > bench.json
      """)

  @Option(
    help: ArgumentHelp("Where to put the databases.", valueName: "folder"), completion: .directory)
  var folder = "."

  @Option(help: "Seconds for each measurement of refreshes.") var seconds = 3

  @Option(
    help: ArgumentHelp(
      "Live sessions of the largest forced logout; it is measured at 1, 1, 2.4 and 10 million up to this.",
      discussion: "Ten million take some 6 GB of the disk for a while."))
  var sessions = 10_000_000

  @Option(help: "Accounts of the simulated December 2019; 0 leaves it out.")
  var december = 2_400_000

  @Flag(help: "Measure the simulation only.") var simulation = false

  @Flag(help: "Print JSON only.") var json = false

  func validate() throws {
    guard (1...60).contains(self.seconds) else {
      throw ValidationError("--seconds must be from 1 to 60.")
    }
    guard (1...10_000_000).contains(self.sessions) else {
      throw ValidationError("--sessions must be from 1 to 10000000.")
    }
    guard self.december == 0 || (1_000...5_000_000).contains(self.december) else {
      throw ValidationError("--december must be 0, or from 1000 to 5000000.")
    }
  }

  func run() async throws {
    let bench = Bench(
      programs: try Programs.beside(), folder: self.folder, seconds: self.seconds,
      sessions: self.sessions)
    let (december, onlySimulation) = (self.december, self.simulation)
    let outcome = await InterruptibleTask.run {
      if !onlySimulation { try await bench.run() }
      try await bench.measureSimulation(decemberAccounts: december)
    }
    // Also what was measured before something failed, which may have taken minutes.
    try self.show(await bench.results)
    switch outcome {
    case .interrupted(let signal): throw ExitCode(128 + signal)
    case .failed(let error): throw error
    case .finished: break
    }
  }

  private func show(_ results: [BenchResult]) throws {
    guard !results.isEmpty else { return }
    if !self.json {
      print(
        Terminal().table(
          [["MEASURED", "VALUE", "UNIT", "BESIDE IT", "AIM"]]
            + results.map {
              [$0.name, $0.valueText, $0.unit, $0.beside ?? "", $0.aimText]
            }) + "\n")
      for result in results {
        guard let bound = result.bound else { continue }
        print("\(result.name): bound by \(bound)")
      }
    }
    print(try results.jsonText())
  }
}

/// One figure.
struct BenchResult: Encodable, Sendable {
  let name: String
  let value: Double
  let unit: String
  /// What was measured beside it, in the same run.
  var beside: String?
  /// At most; nil where a figure has no such aim.
  var aim: Double?
  var aimAtLeast: Double?
  /// What keeps it from being better.
  var bound: String?

  var isMissed: Bool {
    (self.aim.map { self.value > $0 } ?? false)
      || (self.aimAtLeast.map { self.value < $0 } ?? false)
  }

  var aimText: String {
    let aim = self.aim.map { "≤ \($0)" } ?? self.aimAtLeast.map { String(format: "≥ %.0f", $0) }
    return (aim ?? "") + (self.isMissed ? ", MISSED" : "")
  }

  var valueText: String {
    self.value >= 100 ? String(format: "%.0f", self.value) : String(format: "%.1f", self.value)
  }
}
