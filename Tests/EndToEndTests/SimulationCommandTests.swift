import Foundation
import Scenarios
import Subprocess
import SystemPackage
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// `relink test` and `relink simulate` as a user meets them.
@Suite(.serialized)
struct SimulationCommandTests {
  private static let setting = """
    scenario: a porch
    homes:
      - { name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }
    owners:
      - { email: ada@example.org, password: analytical, home: Hillside }
    devices:
      - { nickname: porch, kind: camera, model: cam-1, firmware: 2.0.0, owner: ada@example.org, network: Hill }
    steps:
      - pair: porch
      - expect: { device: porch, state: online, within: 1m }

    """

  /// A folder with a scenario that holds, and one that does not.
  private struct Files {
    let folder: String
    var passing: String { self.folder + "/a-passing.yaml" }
    var failing: String { self.folder + "/b-failing.yaml" }
    var broken: String { self.folder + "/broken/c.yaml" }

    init(_ workspace: Workspace) throws {
      self.folder = workspace.path + "/scenarios"
      try FileManager.default.createDirectory(
        atPath: self.folder + "/broken", withIntermediateDirectories: true)
      func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      try write(SimulationCommandTests.setting, self.passing)
      try write(
        SimulationCommandTests.setting + "  - expect: { device: porch, recordings: 3 }\n",
        self.failing)
      try write(SimulationCommandTests.setting + "  - pear: porch\n", self.broken)
    }
  }

  private static func relink(
    _ arguments: String...
  ) async throws -> (status: Int32, output: String, error: String) {
    try await CommandTests.relink(arguments)
  }

  @Test func `a scenario that holds is exit code 0 and a line`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let result = try await Self.relink("test", files.passing, "--seeds", "3")
      #expect(result.status == 0, "\(result)")
      #expect(result.output.contains("✓ \(files.passing)  virtual, 3 runs"))
      #expect(result.output.contains("1 scenario, 3 runs, all held."))
    }
  }

  @Test func `one that fails is exit code 1, with what led to it and how to repeat it`()
    async throws
  {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let result = try await Self.relink("test", files.failing, "--seed", "42")
      #expect(result.status == 1)
      let line = "seed 42: line 11: porch has 3 recordings in the cloud: porch has 0 recordings"
      #expect(result.output.contains("✗ \(files.failing)"))
      #expect(result.output.contains(line))
      #expect(result.output.contains("porch  state: from pairing, to online"))
      let command = try #require(
        result.output.firstMatch(of: /To repeat it:  relink (.*)/)?.1.split(separator: " "))
      let again = try await CommandTests.relink(command.map(String.init))
      #expect(again.status == 1 && again.output.contains(line))
    }
  }

  @Test func `what cannot be read is exit code 2, with its place`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let broken = try await Self.relink("test", files.broken)
      #expect(broken.status == 2)
      #expect(broken.error.contains("\(files.broken):11:"))
      #expect(broken.error.contains("pear"))
      for path in [workspace.path + "/nothing.yaml", workspace.path + "/nothing"] {
        let missing = try await Self.relink("test", path)
        #expect(missing.status == 2)
        #expect(missing.error.contains(path))
      }
      try FileManager.default.createDirectory(
        atPath: workspace.path + "/empty", withIntermediateDirectories: true)
      #expect(try await Self.relink("test", workspace.path + "/empty").status == 2)
    }
  }

  @Test func `a folder is all of its files, whatever the number of threads`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      try FileManager.default.removeItem(atPath: files.broken)
      var reports: [String] = []
      for jobs in ["1", "4"] {
        let result = try await Self.relink(
          "test", files.folder, "--json", "--seeds", "6", "--jobs", jobs)
        #expect(result.status == 1)
        // The lines go elsewhere.
        #expect(result.error.contains("2 scenarios, 12 runs, 1 scenario failed."))
        reports.append(result.output)
      }
      #expect(reports[0] == reports[1])
      let json = try JSONSerialization.jsonObject(with: Data(reports[0].utf8)) as? [String: Any]
      #expect(json?["passed"] as? Bool == false)
      let listed = try #require(json?["files"] as? [[String: Any]])
      #expect(listed.map { $0["failed_runs"] as? Int } == [0, 6])
      #expect(listed.map { $0["path"] as? String } == [files.passing, files.failing])
    }
  }

  @Test func `a report in JUnit's XML is a file beside the lines`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let path = workspace.path + "/report.xml"
      let result = try await Self.relink("test", files.passing, files.failing, "--junit", path)
      #expect(result.status == 1)
      let parser = XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(parser.parse())
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains("<testsuites tests=\"2\" failures=\"1\""))
      let nowhere = try await Self.relink(
        "test", files.passing, "--junit", workspace.path + "/no/report.xml")
      #expect(nowhere.status == 2)
      #expect(
        nowhere.error.contains("the report can't be written to \(workspace.path)/no/report.xml"))
    }
  }

  /// Through a link, so that a program that replaces what it finds does no harm here.
  @Test func `a full disk is told, and a device is never replaced by a file`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let full = workspace.path + "/full"
      try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: "/dev/full")
      let junit = try await Self.relink("test", files.passing, "--junit", full)
      #expect(junit.status == 2)
      #expect(junit.error.contains("the report can't be written to \(full)"))
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: full)
      #expect(link == "/dev/full")
      let journal = try await Self.relink("simulate", "--seed", "7", "--journal", full)
      #expect(journal.status == 2)
      #expect(journal.error.contains("Error: the journal can't be written to \(full)"))
      #expect(!journal.output.contains("SHA-256"))
      let test = try await Self.relink("test", files.passing, "--journal", full)
      #expect(test.status == 2)
      #expect(test.output.contains("all held"))
      #expect(
        test.error.contains("the journal can't be written to \(full): No space left on device"))
      let stream = try await Self.relink("simulate", "--seed", "7", "--journal", "/dev/stdout")
      #expect(stream.status == 0)
      #expect(stream.output.contains(#""event":"booted""#))
    }
  }

  @Test(arguments: [
    ["test", "--json"], ["test"], ["simulate", "--seed", "7"], ["scenario", "check"],
    ["scenario", "schema"], ["scenario", "reference"],
  ])
  func `a full disk behind standard output ends nothing with a trap`(
    arguments: [String]
  ) async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let full = try FileDescriptor.open("/dev/full", .writeOnly)
      defer { try? full.close() }
      let takesFile = ["test", "check"].contains { arguments.contains($0) }
      let paths = takesFile ? [files.passing] : []
      let result = try await Subprocess.run(
        .path(FilePath(Programs.beside().relink)), arguments: Arguments(arguments + paths),
        output: .fileDescriptor(full, closeAfterSpawningProcess: false),
        error: .string(limit: 1 << 20))
      let expected: Int32 = arguments.contains("--json") ? 2 : arguments[0] == "scenario" ? 1 : 0
      #expect(result.terminationStatus == .exited(expected), "\(result.standardError)")
    }
  }

  // MARK: Exploration

  @Test func `a seed is one run: the same digest twice, and the journal is what it is of`()
    async throws
  {
    try await withWorkspace { workspace in
      let path = workspace.path + "/run.jsonl"
      let first = try await Self.relink("simulate", "--seed", "7", "--journal", path)
      #expect(first.status == 0, "\(first)")
      let digest = try #require(first.output.firstMatch(of: /journal SHA-256 ([0-9a-f]{64})/)?.1)
      let second = try await Self.relink("simulate", "--seed", "7")
      #expect(second.output.contains("journal SHA-256 \(digest)"))
      let other = try await Self.relink("simulate", "--seed", "8")
      #expect(other.status == 0 && !other.output.contains(digest))
      let sum = try await Subprocess.run(
        .name("sha256sum"), arguments: [path], output: .string(limit: 1 << 10))
      #expect(sum.standardOutput.hasPrefix(digest))
      for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
        let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(entry?["at"] is Int && entry?["who"] is String && entry?["event"] is String)
      }
    }
  }

  @Test func `seeds are counted, and the summary says so`() async throws {
    let result = try await Self.relink("simulate", "--seeds", "4", "--first-seed", "11")
    #expect(result.status == 0)
    #expect(result.output.contains("seeds from 11, 4 of them"))
    #expect(result.output.contains("\n4 runs, "))
    #expect(result.output.contains("every rule held"))
    // However short the time is, nothing that was not run is said to hold.
    let minutes = try await Self.relink("simulate", "--minutes", "0.00001", "--jobs", "1")
    #expect(minutes.status == 0)
    #expect(minutes.output.contains("\n1 runs, "))
  }

  /// All cores compute then.
  @Test(.timeLimit(.minutes(3)), arguments: [SIGINT, SIGTERM])
  func `an exploration that is interrupted prints the summary so far`(signal: Int32) async throws {
    let programs = try Programs.beside()
    var lines: [String] = []
    let result = try await Subprocess.run(
      .path(FilePath(programs.relink)),
      arguments: ["simulate", "--minutes", "5", "--first-seed", "7"], input: .none,
      output: .sequence, error: .discarded
    ) { execution in
      var lines: [String] = []
      for try await line in execution.standardOutput.strings() {
        if lines.isEmpty {
          try await Task.sleep(for: .seconds(2))
          try execution.send(signal: Signal(rawValue: signal))
        }
        lines.append(line)
      }
      return lines
    }
    lines = result.closureResult
    #expect(result.terminationStatus == .exited(128 + signal))
    #expect(
      lines.contains { $0.contains(" runs, ") && $0.contains(" of virtual time in ") }, "\(lines)")
    #expect(!lines.contains { $0.contains("every rule held") })
  }

  @Test(.timeLimit(.minutes(3)))
  func `a suite that is interrupted prints the summary so far`() async throws {
    try await withWorkspace { workspace in
      let files = try Files(workspace)
      let result = try await Subprocess.run(
        .path(FilePath(Programs.beside().relink)),
        arguments: ["test", files.passing, files.passing, "--seeds", "2000"], input: .none,
        output: .sequence, error: .discarded
      ) { execution in
        var lines: [String] = []
        for try await line in execution.standardOutput.strings() {
          if lines.isEmpty { try execution.send(signal: .interrupt) }
          lines.append(line)
        }
        return lines
      }
      #expect(result.terminationStatus == .exited(130))
      #expect(result.closureResult.contains { $0.contains("stopped before everything was run") })
    }
  }
}
