import Foundation
import Scenarios
import Subprocess
import SystemPackage
import Testing

/// `relink test` where something goes wrong around it: signals, pipes, names, and what failed.
@Suite(.serialized)
struct SuiteCommandTests {
  private static func text(ways: String = "virtual", _ steps: String) -> String {
    """
    scenario: a porch
    ways: [\(ways)]
    homes:
      - { name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }
    owners:
      - { email: ada@example.org, password: analytical, home: Hillside }
    devices:
      - { nickname: porch, kind: camera, model: cam-1, firmware: 2.0.0, owner: ada@example.org, network: Hill }
    steps:
      - pair: porch
      - expect: { device: porch, state: online, within: 1m }
    \(steps)
    """
  }

  private static let failing = Self.text("  - expect: { device: porch, recordings: 3 }\n")

  private static func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test func `a file that can be read once only is explained, and its report is written`()
    async throws
  {
    try await withWorkspace { workspace in
      let report = workspace.path + "/report.xml"
      let result = try await Subprocess.run(
        .path(FilePath(Programs.beside().relink)),
        arguments: ["test", "/dev/stdin", "--junit", report],
        input: .string(Self.failing), output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 20))
      #expect(result.terminationStatus == .exited(1), "\(result.standardError)")
      #expect(result.standardOutput.contains("porch  state: from pairing, to online"))
      #expect(try String(contentsOfFile: report, encoding: .utf8).contains("1 of 1 runs failed"))
    }
  }

  @Test func `a reader who has gone away keeps no report from being written`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      try Self.write(Self.failing, path)
      let report = workspace.path + "/report.xml"
      let relink = try Programs.beside().relink
      let result = try await Subprocess.run(
        .name("bash"),
        arguments: [
          "-c", #""$0" test "$1" --junit "$2" | true; exit ${PIPESTATUS[0]}"#, relink, path, report,
        ], output: .discarded, error: .string(limit: 1 << 20))
      #expect(result.terminationStatus == .exited(1), "\(result.standardError)")
      #expect(FileManager.default.fileExists(atPath: report))
    }
  }

  /// Ends it with a signal once it has printed its first line; nil at once, after some time.
  private static func interrupted(
    _ arguments: [String], atFirstLine: Bool
  ) async throws -> (status: TerminationStatus, lines: [String], seconds: Double) {
    let clock = ContinuousClock()
    var signalled = clock.now
    let result = try await Subprocess.run(
      .path(FilePath(Programs.beside().relink)), arguments: Arguments(arguments), input: .none,
      output: .sequence, error: .discarded
    ) { execution in
      var lines: [String] = []
      if !atFirstLine {
        try await Task.sleep(for: .seconds(2))
        try execution.send(signal: .interrupt)
      }
      var at = clock.now
      for try await line in execution.standardOutput.strings() {
        if lines.isEmpty, atFirstLine {
          at = clock.now
          try execution.send(signal: .interrupt)
        }
        lines.append(line)
      }
      return (lines, at)
    }
    signalled = result.closureResult.1
    let elapsed = (clock.now - signalled).components
    return (
      result.terminationStatus, result.closureResult.0,
      Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    )
  }

  @Test(.timeLimit(.minutes(5)))
  func `Ctrl-C in the middle of a run of a thousand days ends it`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      try Self.write(Self.text("  - wait: 1000d\n"), path)
      let result = try await Self.interrupted(["test", path], atFirstLine: false)
      #expect(result.status == .exited(130))
      #expect(result.seconds < 10)
      #expect(
        result.lines.contains { $0.contains("stopped before everything was run") },
        "\(result.lines)")
      #expect(!result.lines.contains { $0.contains("✗") })
    }
  }

  /// The line of the file is there when its failure begins to be explained, by running it again.
  @Test(.timeLimit(.minutes(5)))
  func `Ctrl-C ends the explanation of a failure too`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      try Self.write(
        Self.text("  - wait: 10d\n  - expect: { device: porch, recordings: 3 }\n"), path)
      let result = try await Self.interrupted(["test", path], atFirstLine: true)
      #expect(result.status == .exited(130))
      #expect(result.lines.last?.contains("1 scenario failed") == true, "\(result.lines)")
      #expect(!result.lines.contains { $0.contains("To repeat it") })
    }
  }

  @Test func `the command that repeats a failure is right for a shell, whatever the file's name`()
    async throws
  {
    try await withWorkspace { workspace in
      let path = workspace.path + "/it's a \u{1B}[31m test.yaml"
      try Self.write(Self.failing, path)
      let result = try await CommandTests.relink(["test", path])
      #expect(!result.output.contains("\u{1B}"))
      let command = try #require(result.output.firstMatch(of: /To repeat it:  relink (.*)/)?.1)
      let again = try await Subprocess.run(
        .name("bash"),
        arguments: ["-c", "\(try Programs.beside().relink) \(command)"],
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      #expect(again.terminationStatus == .exited(1))
      #expect(again.standardOutput.contains("1 scenario failed"), "\(again.standardError)")
    }
  }

  @Test func `nothing that was run is no success, and is called so`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      try Self.write(Self.text(""), path)
      let result = try await CommandTests.relink(["test", path, "--way", "real"])
      #expect(result.status == 1)
      #expect(result.output.contains("nothing was run.") && !result.output.contains("all held"))
    }
  }

  @Test func `of several variants the journal is that of the first that failed`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      let journal = workspace.path + "/run.jsonl"
      try Self.write(
        "for_each: { count: [0, 7] }\n"
          + Self.text("  - expect: { device: porch, recordings: $count }\n"), path)
      let failed = try await CommandTests.relink(["test", path, "--journal", journal])
      #expect(failed.status == 1)
      #expect(failed.output.contains("The journal is that of variant 7, seed 1."))
      #expect(failed.output.contains("a.yaml, 7, seed 1\n"), "the heading names the variant")
      #expect(failed.output.contains("virtual, 2 runs (2 variants)"))
      #expect(
        try String(contentsOfFile: journal, encoding: .utf8).contains("porch has 7 recordings"))
    }
  }

  /// What `porch` and a device that is named like its stolen copy do is shown, and nothing traps.
  @Test(.timeLimit(.minutes(5)))
  func `a failure on real processes says what led to it, and where the logs are`() async throws {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      let text = Self.text(ways: "real", "  - expect: { device: porch, recordings: 3 }\n")
      let copy = text.split(separator: "\n").first { $0.contains("nickname") } ?? ""
      try Self.write(
        text.replacing(copy, with: copy + "\n" + copy.replacing("porch", with: "porch-copy")), path)
      let demo = try await CommandTests.relink(["demo", path])
      #expect(demo.status == 1, "\(demo)")
      let folders = demo.output.matches(of: /the logs are in (\S+)\/logs/).map { String($0.1) }
      let report = workspace.path + "/report.xml"
      let result = try await CommandTests.relink(["test", path, "--way", "real", "--junit", report])
      #expect(result.status == 1)
      #expect(result.output.contains("porch  pairing → online"))
      let folder = String(
        try #require(result.output.firstMatch(of: /Flashes and logs are in (\S+)/)?.1))
      #expect(FileManager.default.fileExists(atPath: folder + "/logs/porch.jsonl"))
      #expect(try String(contentsOfFile: report, encoding: .utf8).contains(folder))
      for folder in folders + [folder] where folder.contains("/relink-") {
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
  }

  /// Policy `silent`: the device is back, and its owner is not.
  @Test(.timeLimit(.minutes(5)))
  func `what an owner who is logged out sees of recordings is the same in both ways`() async throws
  {
    try await withWorkspace { workspace in
      let path = workspace.path + "/a.yaml"
      let text = Self.text(
        ways: "virtual, real",
        """
          - logout: everyone
          - expect: { device: porch, state: online, within: 20s }
          - expect: { device: porch, recordings: 0, within: 1s }

        """
      ).replacing("network: Hill }", with: "network: Hill, relink: silent }")
      try Self.write(text, path)
      let result = try await CommandTests.relink(["test", path, "--way", "both", "--json"])
      let json = try #require(
        JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect((json["disagreements"] as? [Any])?.isEmpty == true, "\(result.output)")
      let files = try #require(json["files"] as? [[String: Any]])
      #expect(files.count == 2)
      for file in files {
        let failures = try #require(file["failures"] as? [[String: Any]])
        let verdicts = try #require(failures.first?["verdicts"] as? [[String: Any]])
        #expect(
          verdicts.map { $0["failure"] as? String } == ["porch has an owner who is logged out"])
        #expect(verdicts.allSatisfy { $0["rule"] is NSNull || $0["rule"] == nil })
        if let folder = failures.first?["folder"] as? String, folder.contains("/relink-") {
          try? FileManager.default.removeItem(atPath: folder)
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `Ctrl-C ends a measurement with its process`() async throws {
    let result = try await Self.interrupted(["bench", "--simulation"], atFirstLine: false)
    #expect(result.status == .exited(130))
    #expect(result.seconds < 5)
    let children = try await Subprocess.run(
      .name("bash"), arguments: ["-c", "pgrep -f '[s]imulation-probe'; true"],
      output: .string(limit: 1 << 16))
    for line in (children.standardOutput).split(separator: "\n") {
      // Others may measure on this machine; a process that was left behind is the first one's.
      let status = try? String(contentsOfFile: "/proc/\(line)/status", encoding: .utf8)
      #expect(status?.contains("PPid:\t1\n") != true, "\(line) was left behind")
    }
  }
}
