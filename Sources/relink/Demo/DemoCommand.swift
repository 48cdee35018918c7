import ArgumentParser
import Foundation
import Scenarios
import Simulation
import Synchronization

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play one scenario live: pair, rotate, log everyone out, link again.",
    discussion: """
      Plays the scenario the real way: starts the mock cloud and each device as a process of its own,
      in a temporary folder that is removed at the end; it stays if something did not hold, or with
      --keep. Exit code 0 only if everything held; 1 if not; 130 after Ctrl-C.

      EXAMPLES
        relink demo
        relink demo scenarios/two-homes.yaml --keep
        NO_COLOR=1 relink demo | tee demo.txt
      """)

  @Argument(
    help: "The scenario (default: scenarios/two-homes.yaml, here or above the program).",
    completion: .file(extensions: ["yaml", "yml"]))
  var scenario: String?

  @Flag(help: "Keep the folder with flashes and logs, and say where it is.")
  var keep = false

  @Flag(help: "Print the checks as JSON at the end, and the timeline to standard error.")
  var json = false

  func run() async throws {
    let programs = try Programs.beside()
    let scenario = try self.read(self.scenario ?? programs.defaultScenario)
    let timeline = Timeline(
      names: ["cloud"] + scenario.devices.map(\.nickname)
        + scenario.devices.map { Lab.cloneName(of: $0.nickname) },
      toStandardError: self.json)
    let runner = RealRunner(programs: programs, keepsFolder: self.keep) { timeline.show($0) }
    let result = Mutex<Outcome?>(nil)
    let ending = await InterruptibleTask.run {
      let outcome = await runner.run(scenario, seed: .random(in: .min ... .max))
      result.withLock { $0 = outcome }
    }
    if case .interrupted(let signal) = ending {
      timeline.say("stopped; nothing is left running")
      throw ExitCode(128 + signal)
    }
    guard let outcome = result.withLock({ $0 }) else { throw ExitCode.failure }
    timeline.conclude(outcome)
    if self.json { print(try DemoReport(outcome).jsonText()) }
    guard outcome.passed else { throw ExitCode.failure }
  }

  private func read(_ path: String) throws -> Scenario { try ScenarioFile.readOne(path) }
}

/// What `--json` prints.
private struct DemoReport: Encodable {
  let held: Bool
  let failure: String?
  let checks: [Entry]

  struct Entry: Encodable {
    let line: Int?
    let rule: Int?
    let claim: String
    let held: Bool
    let failure: String?
  }

  init(_ outcome: Outcome) {
    self.held = outcome.passed
    self.failure = outcome.failure
    self.checks = outcome.verdicts.map {
      Entry(line: $0.line, rule: $0.rule, claim: $0.claim, held: $0.held, failure: $0.failure)
    }
  }
}
