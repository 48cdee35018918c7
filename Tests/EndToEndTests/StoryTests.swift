import Foundation
import Scenarios
import Testing

/// The real processes, sockets and TLS. One at a time: each lab is half a dozen processes.
@Suite(.serialized)
struct StoryTests {
  /// The rules of the design that the story asserts, for what exists; rule 7 is `ChaosTests`.
  private static let rules: Set<Int> = [1, 2, 3, 4, 8, 10, 11]

  @Test(.timeLimit(.minutes(3)))
  func `the whole story holds, rule by rule`() async throws {
    let programs = try Programs.beside()
    let scenario = try ScenarioFile.readOne(programs.defaultScenario)
    try await withWorkspace { workspace in
      let rehearsal = Rehearsal(
        scenario: scenario, programs: programs, workspace: workspace, tell: { _ in })
      do {
        try await rehearsal.run()
      } catch {
        Issue.record("the story stopped: \(error)\n\(try logs(in: workspace))")
      }
      await rehearsal.lab.stop()
      let checks = await rehearsal.checks
      for check in checks {
        #expect(check.held, "\(check.claim): \(check.failure ?? "")")
      }
      #expect(Set(checks.compactMap(\.rule)) == Self.rules)
    }
  }
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
