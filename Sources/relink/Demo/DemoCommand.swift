import ArgumentParser
import Foundation
import Scenarios
import Simulation

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play the whole story: pair, rotate, log everyone out, link again.",
    discussion: """
      Starts the mock cloud and each device of the scenario as a process of its own, in a temporary
      folder that is removed at the end; it stays if something did not hold, or with --keep.
      Exit code 0 only if everything held; 1 if not; 130 after Ctrl-C.

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
    let scenario = try ScenarioFile.readOne(self.scenario ?? programs.defaultScenario)
    let workspace = try Workspace.temporary()
    let timeline = Timeline(
      names: ["cloud"] + scenario.devices.map(\.nickname)
        + scenario.devices.map { $0.nickname + "-copy" },
      toStandardError: self.json)
    let rehearsal = Rehearsal(
      scenario: scenario, programs: programs, workspace: workspace,
      tell: { timeline.show($0) })
    let outcome = await InterruptibleTask.run {
      try await rehearsal.run()
    } cleanUp: {
      await rehearsal.lab.stop()
    }
    let checks = await rehearsal.checks
    switch outcome {
    case .interrupted(let signal):
      workspace.remove()
      timeline.say("stopped; nothing is left running")
      throw ExitCode(128 + signal)
    case .failed(let error):
      timeline.say("the story stopped: \(error)")
      timeline.say("the logs are in \(workspace.logs)")
      try self.report(checks, story: "\(error)")
      throw ExitCode.failure
    case .finished:
      try self.report(checks, story: nil)
      timeline.summary(of: checks)
      guard checks.allSatisfy(\.held) else {
        timeline.say("the logs are in \(workspace.logs)")
        throw ExitCode.failure
      }
      if self.keep {
        timeline.say("flashes and logs are in \(workspace.path)")
      } else {
        workspace.remove()
      }
    }
  }

  private func report(_ checks: [Check], story failure: String?) throws {
    guard self.json else { return }
    print(try DemoReport(checks: checks, failure: failure).jsonText())
  }
}

/// What `--json` prints.
private struct DemoReport: Encodable {
  let held: Bool
  let failure: String?
  let checks: [Entry]

  struct Entry: Encodable {
    let rule: Int?
    let claim: String
    let held: Bool
    let failure: String?
  }

  init(checks: [Check], failure: String?) {
    self.held = failure == nil && checks.allSatisfy(\.held)
    self.failure = failure
    self.checks = checks.map {
      Entry(rule: $0.rule, claim: $0.claim, held: $0.held, failure: $0.failure)
    }
  }
}
