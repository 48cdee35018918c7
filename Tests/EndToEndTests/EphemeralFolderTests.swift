import Foundation
import Scenarios
import Testing

/// What a cloud that keeps nothing leaves behind.
@Suite(.serialized)
struct EphemeralFolderTests {
  @Test(.timeLimit(.minutes(5)))
  func `secrets of a cloud that was killed go at the next start, those of a living one stay`()
    async throws
  {
    try await withWorkspace { workspace in
      let base = workspace.path + "/temporary"
      try FileManager.default.createDirectory(
        atPath: base + "/relink-cloud-mine00", withIntermediateDirectories: true)
      // Data of one's own under such a name has another lock.
      try Data().write(to: URL(filePath: base + "/relink-cloud-mine00/lock"))
      func folders() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: base))
      }
      let killed = try await self.start("killed", in: workspace, temporary: base)
      let first = try folders().subtracting(["relink-cloud-mine00"])
      #expect(first.count == 1)
      kill(try #require(await killed.processID), SIGKILL)
      #expect(await killed.waitUntilEnded() == -SIGKILL)
      #expect(try folders().isSuperset(of: first))

      let living = try await self.start("living", in: workspace, temporary: base)
      let second = try folders().subtracting(["relink-cloud-mine00"])
      #expect(second.count == 1)
      #expect(second.isDisjoint(with: first))
      let other = try await self.start("other", in: workspace, temporary: base)
      #expect(try folders().isSuperset(of: second))
      _ = await other.stop()
      #expect(try folders() == second.union(["relink-cloud-mine00"]))
      _ = await living.stop()
      #expect(try folders() == ["relink-cloud-mine00"])
    }
  }

  private func start(
    _ name: String, in workspace: Workspace, temporary: String
  ) async throws -> ManagedProcess {
    let journal = Journal(name: name)
    let cloud = ManagedProcess(
      name: name, executable: "/usr/bin/env",
      arguments: [
        "TMPDIR=\(temporary)", try Programs.beside().relink, "cloud", "--ephemeral",
        "--port", "0", "--admin-port", "0", "--development-ca", workspace.developmentCA,
        "--exit-with-parent",
      ],
      logs: workspace.logs(of: name), journal: journal)
    try await cloud.start()
    _ = try await journal.wait(
      for: "the cloud to listen", since: Journal.beginning, within: .seconds(60)
    ) { $0.event == "listening" }
    return cloud
  }
}
