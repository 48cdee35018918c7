import Foundation
import Scenarios
import Simulation
import Synchronization
import Testing

/// The demo's scenario on real processes, sockets and TLS. One at a time: each lab is half a dozen
/// processes.
@Suite(.serialized)
struct StoryTests {
  /// The rules of the design that the story asserts, for what exists; rule 7 is `ChaosTests`.
  private static let rules: Set<Int> = [1, 2, 3, 4, 8, 10, 11]

  @Test(.timeLimit(.minutes(3)))
  func `the whole story holds, rule by rule`() async throws {
    let outcome = try await play(ScenarioFile.readOne(Programs.beside().defaultScenario))
    for verdict in outcome.verdicts {
      #expect(verdict.held, "\(verdict.claim): \(verdict.failure ?? "")")
    }
    #expect(Set(outcome.verdicts.compactMap(\.rule)) == Self.rules)
    #expect(outcome.passed)
  }
}

/// Plays a scenario the real way; the logs are in the test's messages if it could not be carried on.
func play(_ scenario: Scenario) async throws -> Outcome {
  let kept = Mutex<Workspace?>(nil)
  let runner = RealRunner(programs: try Programs.beside()) { event in
    if case .kept(let workspace) = event { kept.withLock { $0 = workspace } }
  }
  let outcome = await runner.run(scenario, seed: 1)
  guard let workspace = kept.withLock({ $0 }) else { return outcome }
  defer { workspace.remove() }
  if let failure = outcome.failure {
    Issue.record("the run stopped: \(failure)\n\(try logs(in: workspace))")
  }
  return outcome
}

/// Runs the body with a temporary workspace, which is removed whatever happens.
func withWorkspace(_ body: (Workspace) async throws -> Void) async throws {
  let workspace = try Workspace.temporary()
  defer { workspace.remove() }
  try await body(workspace)
}

/// The ends of all logs, for a failure's message.
func logs(in workspace: Workspace) throws -> String {
  try FileManager.default.contentsOfDirectory(atPath: workspace.logs).sorted().map { name in
    let text = try String(contentsOfFile: "\(workspace.logs)/\(name)", encoding: .utf8)
    return "\(name):\n\(text.split(separator: "\n").suffix(15).joined(separator: "\n"))"
  }.joined(separator: "\n")
}
