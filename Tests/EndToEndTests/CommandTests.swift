import DeviceProtocol
import Foundation
import Scenarios
import Subprocess
import SystemPackage
import Testing

/// The command line as a user meets it.
@Suite(.serialized)
struct CommandTests {
  static func relink(
    _ arguments: [String], environment: [Environment.Key: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    let programs = try Programs.beside()
    let result = try await Subprocess.run(
      .path(FilePath(programs.relink)), arguments: Arguments(arguments),
      environment: .inherit.updating(environment.mapValues { Optional($0) }),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    return (status, result.standardOutput, result.standardError)
  }

  static let usageErrors: [[String]] = [
    ["--nonsense"], ["nonsense"], ["keys", "rotate", "--lead-seconds", "-1"], ["logout"],
    ["certificate"], ["logout", "kind", "toaster"],
    ["logout", "account"], ["logout", "issued-before", "yesterday"], ["audit", "--limit", "0"],
    ["cloud", "--region", "EU"], ["token"], ["token", "inspect", "x", "--token", "y"],
    ["token", "expire"], ["token", "expire", "--kind", "app", "--everyone"],
    ["token", "revoke", "--kind", "app"], ["token", "revoke", "--session", "x", "--kind", "app"],
    ["token", "sessions", "--limit", "0"], ["token", "history"],
    ["logout", "issued-before", "2026-02-31T00:00:00Z"],
    ["requests", "--since", "2026-02-31T00:00:00Z"], ["requests", "--limit", "0"],
    ["requests", "assert", "--exactly", "1", "--since", "yesterday"],
    ["requests", "assert", "--exactly", "1", "--within-ms", "60001"],
    ["clock", "set", "yesterday"], ["clock", "set", "99999999999999999"],
    ["clock", "advance", "soon"], ["snapshot", "save", ""], ["snapshot", "restore", "a/b"],
    ["cloud", "--plain-http", "--device-ca", "/nowhere"],
    ["cloud", "--port", "5555", "--admin-port", "5555"],
    ["requests", "assert"], ["faults", "add", "--kind", "toaster"],
    ["cloud", "--data", ""], ["world"], ["world", "/tmp/x", "dance"],
    ["world", "/tmp/x", "step-on"], ["status", "--admin-port", "0"], ["status", "--limit", "x"],
    ["cloud", "--policy", "relink-app=octa"], ["cloud", "--policy", "okta"],
    ["cloud", "--policy", "relink-app=okta", "--policy", "relink-app=auth0"],
    ["clients", "--admin-port", "0"],
    ["cloud", "--port", "70000"], ["cloud", "--ephemeral", "--data", "/tmp/x"],
    ["payload", "--ssid", "Home"], ["certificate", "device", "--id", "nope", "--out", "/tmp/x"],
    ["test", "--seeds", "0"], ["test", "--seeds", "10000001"], ["test", "--seeds", "many"],
    ["test", "--jobs", "0"], ["test", "--jobs", "1025"], ["test", "--way", "sideways"],
    ["test", "--seed", "-1"], ["simulate", "--seeds", "0"], ["simulate", "--seeds", "1000000001"],
    ["simulate", "--minutes", "0"], ["simulate", "--minutes", "nan"],
    ["simulate", "--minutes", "100001"], ["simulate", "--jobs", "0"],
    ["simulate", "--seed", "18446744073709551616"], ["simulate", "--seed", "1", "--seeds", "2"],
    ["simulate", "--seed", "1", "--minutes", "2"], ["simulate", "--journal", "x.jsonl"],
    ["simulate", "--seed", "1", "--first-seed", "5"],
    ["simulate", "--first-seed", "18446744073709551615"],
    ["test", "--seed", "18446744073709551615", "--seeds", "2"],
  ]

  @Test(arguments: usageErrors)
  func `wrong usage is exit code 64 with a hint`(arguments: [String]) async throws {
    let result = try await Self.relink(arguments)
    #expect(result.status == 64, "\(result)")
    #expect(result.error.contains("Error:"))
  }

  @Test(arguments: [
    [], ["cloud"], ["demo"], ["status"], ["clients"], ["logout"], ["logout", "everyone"],
    ["logout", "kind"],
    ["logout", "account"], ["logout", "device"], ["logout", "session"],
    ["logout", "issued-before"], ["logout", "region"], ["logout", "list"], ["audit"], ["account"],
    ["account", "region"], ["token"], ["token", "scan"], ["token", "inspect"], ["token", "expire"],
    ["token", "revoke"], ["token", "sessions"], ["token", "history"], ["world"],
    ["payload"],
    ["certificate"], ["certificate", "device"], ["certificate", "server"], ["bench"],
    ["keys"], ["keys", "list"], ["keys", "rotate"], ["test"], ["simulate"], ["scenario"],
    ["scenario", "check"], ["scenario", "schema"],
    ["scenario", "reference"],
  ])
  func `each command's help has an example`(command: [String]) async throws {
    let result = try await Self.relink(command + ["--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("EXAMPLE"))
    #expect(
      result.output.contains(
        "relink \(command.joined(separator: " "))".trimmingCharacters(in: .whitespaces)))
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions are generated`(shell: String) async throws {
    let result = try await Self.relink(["--generate-completion-script", shell])
    #expect(result.status == 0)
    #expect(result.output.contains("logout"))
  }

  @Test func `a cloud that does not run is named`() async throws {
    try await withWorkspace { workspace in
      let token = workspace.path + "/token"
      try "rlkadm_x".write(toFile: token, atomically: true, encoding: .utf8)
      let result = try await Self.relink([
        "status", "--admin-port", "1", "--admin-token-file", token,
      ])
      #expect(result.status == 1)
      #expect(result.error.contains("nobody listens on 127.0.0.1:1; is `relink cloud` running"))
      #expect(!result.error.contains("rlkadm_x"))
      let missing = try await Self.relink(["status", "--admin-token-file", "/nowhere"])
      #expect(missing.status == 1)
      #expect(missing.error.contains("/nowhere"))
    }
  }

  @Test func `no answer about a token is another exit code than a dead one`() async throws {
    try await withWorkspace { workspace in
      let token = workspace.path + "/token"
      try "rlka_x\n".write(toFile: token, atomically: true, encoding: .utf8)
      let options = ["--admin-port", "1", "--admin-token-file", token]
      let inspect = try await Self.relink(["token", "inspect", token] + options)
      #expect(inspect.status == 2)
      #expect(inspect.error.contains("nobody listens"))
      let claim = try await Self.relink(["requests", "assert", "--no-dead-token"] + options)
      #expect(claim.status == 2)
      let offline = try await Self.relink(["token", "inspect", "--offline", token])
      #expect(offline.status == 1)
      #expect(!offline.output.contains("wrongChecksum") && !offline.output.contains("tooShort"))
      let folder = try await Self.relink(["token", "inspect", workspace.path])
      #expect(folder.status == 2)
      #expect(folder.error.contains("is a folder"))
    }
  }

  @Test(arguments: [
    (Array("rlka_x\nrlka_y\n".utf8), "one token at a time"),
    (Array("Bearer rlka_x\n".utf8), "without 'Bearer'"), ([], "there is nothing"),
    (Array("\n".utf8), "there is nothing"), ([0x72, 0xFF, 0xFE], "it is no text"),
    ([UInt8](repeating: 0x61, count: 70_000), "it is too long"),
  ])
  func `text that can be no token is unknown, with a cloud and without one`(
    bytes: [UInt8], why: String
  ) async throws {
    try await withWorkspace { workspace in
      let file = workspace.path + "/token"
      try Data(bytes).write(to: URL(filePath: file))
      for options in [[], ["--offline"]] {
        let inspect = try await Self.relink(["token", "inspect", file] + options)
        #expect(inspect.status == 1)
        #expect(inspect.output.hasPrefix("no token of this project: "), "\(inspect)")
        #expect(inspect.output.contains(why), "\(inspect)")
        let json = try await Self.relink(["token", "inspect", file, "--json"] + options)
        #expect(json.status == 1)
        let members = try Self.members(json.output)
        #expect(
          options.isEmpty
            ? members["state"] as? String == "unknown" : members["well_formed"] as? Bool == false)
      }
    }
  }

  @Test func `an access token that is a JWT is told off line by its shape`() async throws {
    func part(_ json: String) -> String {
      String(decoding: Base64URL.encode(Array(json.utf8)), as: UTF8.self)
    }
    let header = part(#"{"alg":"ES256","kid":"a","typ":"at+jwt"}"#)
    let token = "\(header).\(part(#"{"relink":"AQ"}"#)).\(String(repeating: "A", count: 86))"
    try await withWorkspace { workspace in
      let file = workspace.path + "/token"
      try (token + "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let inspect = ["token", "inspect", "--offline", file]
      let shown = try await Self.relink(inspect)
      #expect(shown.status == 0)
      #expect(shown.output.hasPrefix("kind      access_jwt\ntoken     eyJh…\nchecksum  none"))
      let json = try await Self.relink(inspect + ["--json"])
      let members = try Self.members(json.output)
      #expect(Set(members.keys) == ["kind", "token", "well_formed"])
      #expect(members["kind"] as? String == "access_jwt")
      #expect(members["token"] as? String == "eyJh…")
      #expect(members["well_formed"] as? Bool == true)
      // Longer or shorter, it is none.
      for other in [token + "A", String(token.dropLast())] {
        try other.write(toFile: file, atomically: true, encoding: .utf8)
        let none = try await Self.relink(inspect)
        #expect(none.status == 1)
        #expect(none.output.contains("the shape of their JWTs"), "\(none)")
      }
    }
  }

  @Test func `a file that can't be read is no wrong usage`() async throws {
    try await withWorkspace { workspace in
      let missing = workspace.path + "/missing"
      for options in [[], ["--offline"], ["--json"]] {
        let inspect = try await Self.relink(["token", "inspect", missing] + options)
        #expect(inspect.status == 2)
        #expect(
          inspect.error.contains("the token can't be read from \(missing): No such file"),
          "\(inspect)")
        #expect(!inspect.error.contains("--help"), "\(inspect)")
      }
      let add = try await Self.relink([
        "receivers", "add", "https://qa.test/events", "--audience", "qa",
        "--authorization-file", missing,
      ])
      #expect(add.status == 1)
      #expect(add.error.contains("\(missing) can't be read: No such file"), "\(add)")
      #expect(!add.error.contains("--help"), "\(add)")
    }
  }

  @Test func `an authority's file that is none is named`() async throws {
    try await withWorkspace { workspace in
      let file = workspace.path + "/ca.pem"
      let account = ["account", "show", "--email", "a@example.org", "--ca", file]
      let environment: [Environment.Key: String] = ["RELINK_PASSWORD": "x"]
      let missing = try await Self.relink(account, environment: environment)
      #expect(missing.status == 1)
      #expect(missing.error.contains(file) && missing.error.contains("No such file"))
      try "no certificate".write(toFile: file, atomically: true, encoding: .utf8)
      let none = try await Self.relink(account, environment: environment)
      #expect(none.error.contains("\(file) holds no certificate in PEM"))
      let origin = try await Self.relink(
        account, environment: environment.merging(["RELINK_CLOUD": "nonsense"]) { $1 })
      #expect(origin.status == 64)
      #expect(origin.error.contains("'nonsense' is no origin"))
    }
  }

  @Test func `a list that can't be read, or has nothing, is an error with its reason`() async throws
  {
    try await withWorkspace { workspace in
      let cases = [
        ("/nonexistent", "No such file"), (workspace.path, "Is a directory"),
        ("/dev/null", "is empty"), (workspace.path + "/bytes", "not UTF-8"),
      ]
      try Data([0xFF, 0xFE]).write(to: URL(filePath: workspace.path + "/bytes"))
      for (path, reason) in cases {
        let result = try await Self.relink(["logout", "list", path])
        #expect(result.status == 1, "\(path)")
        #expect(result.error.contains(reason), "\(result.error)")
        #expect(!result.error.contains("Usage"), "\(result.error)")
      }
    }
  }

  @Test(arguments: [["--version"], ["--help"], ["payload", "--help"]])
  func `what can't be written is no success`(arguments: [String]) async throws {
    let programs = try Programs.beside()
    let full = try FileDescriptor.open("/dev/full", .writeOnly)
    let result = try await Subprocess.run(
      .path(FilePath(programs.relink)), arguments: Arguments(arguments),
      output: .fileDescriptor(full, closeAfterSpawningProcess: true),
      error: .string(limit: 1 << 16))
    #expect(result.terminationStatus == .exited(1))
    #expect(result.standardError.contains("No space left on device"))
  }

  @Test func `a folder that can't be read is told after the tokens of the others`() async throws {
    try await withWorkspace { workspace in
      let inner = workspace.path + "/a/b"
      try FileManager.default.createDirectory(
        atPath: inner, withIntermediateDirectories: true)
      let token = TokenText(prefix: .admin, payload: Array(repeating: 7, count: 32)).bytes
      let found = "a token \(String(decoding: token, as: UTF8.self))\n"
      try found.write(toFile: inner + "/log", atomically: true, encoding: .utf8)
      let all = try await Self.relink(["token", "scan", workspace.path])
      #expect(all.status == 1)
      #expect(all.output.contains("\(inner)/log:1:9: admin "), "\(all.output)")
      // To root every folder is readable.
      guard geteuid() != 0 else { return }
      let closed = workspace.path + "/closed"
      try FileManager.default.createDirectory(
        atPath: closed, withIntermediateDirectories: false, attributes: [.posixPermissions: 0])
      let some = try await Self.relink(["token", "scan", workspace.path])
      #expect(some.status == 2)
      #expect(some.output == all.output)
      #expect(some.error.contains(closed))
    }
  }

  @Test func `a mistake in the scenario is told with its place`() async throws {
    try await withWorkspace { workspace in
      let file = workspace.path + "/bad.yaml"
      try "scenario: x\nhomes: 7\n".write(toFile: file, atomically: true, encoding: .utf8)
      let result = try await Self.relink(["demo", file])
      #expect(result.status == 1)
      #expect(result.error.contains("\(file):2:8: 'homes' of a scenario must be a list"))
    }
  }

  @Test func `firmware that no manifest has is told before the lab is raised`() async throws {
    try await withWorkspace { workspace in
      let file = workspace.path + "/bad.yaml"
      let text = try String(contentsOfFile: Programs.beside().defaultScenario, encoding: .utf8)
      try text.replacing("firmware: 1.0.0", with: "firmware: 7.7.7", maxReplacements: 1)
        .write(toFile: file, atomically: true, encoding: .utf8)
      let result = try await Self.relink(["demo", file], environment: ["TMPDIR": workspace.path])
      #expect(result.status == 1)
      #expect(
        result.output.contains(
          "device garage: there is no firmware '7.7.7' of cam-1; there is 0.8.0, 1.0.0, "
            + "1.1.0, 1.2.0, 2.0.0"))
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a device that can't start leaves no flash, and one of another cloud is refused`()
    async throws
  {
    try await withLab { lab in
      try await lab.startCloud()
      let app = try await lab.app(of: "ada@example.org")
      try await app.register()
      try await app.logIn()
      let device = try await lab.startDevice("porch")
      let mark = await device.journal.mark
      try await lab.pair("porch")
      try await device.waitUntil("online", since: mark)
      await device.process.stop()

      let relinkDevice = FilePath(lab.programs.relinkDevice)
      let common = [
        "camera", "--development-ca", lab.workspace.developmentCA, "--manifest",
        lab.programs.manifest,
      ]
      let other = try await Subprocess.run(
        .path(relinkDevice),
        arguments: Arguments(
          common + ["--cloud", "https://127.0.0.1:9", "--flash", device.flashPath]),
        output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
      #expect(other.terminationStatus == .exited(1))
      #expect(other.standardError.contains("it is paired with \(try await lab.address().issuer)"))
      // Its credentials are still there.
      let again = await device.journal.mark
      try await lab.startDevice("porch")
      try await device.waitUntil("online", since: again)

      let path = lab.workspace.flash("new")
      let wrong = try await Subprocess.run(
        .path(relinkDevice),
        arguments: Arguments(
          common + ["--cloud", "https://127.0.0.1:9", "--flash", path, "--firmware", "7.7.7"]),
        output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
      #expect(wrong.terminationStatus == .exited(1))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `status and logout speak to a running cloud`() async throws {
    try await withLab { lab in
      try await lab.startCloud()
      let address = try await lab.address()
      let admin = [
        "--admin-port", "\(address.adminPort)", "--admin-token-file", address.adminTokenFile,
      ]
      let status = try await Self.relink(["status", "--json"] + admin)
      #expect(status.status == 0)
      #expect(try Self.members(status.output)["issuer"] as? String == address.issuer)
      let logout = try await Self.relink(["logout", "everyone", "--reason", "x", "--json"] + admin)
      #expect(try Self.members(logout.output)["epoch"] as? Int == 1)
      let kind = try await Self.relink(["logout", "kind", "camera"] + admin)
      #expect(kind.output == "every camera is logged out: the epoch of 'kind' is now 1\n")
      let nobody = try await Self.relink(["logout", "account", "nobody@example.org"] + admin)
      #expect(nobody.status == 1)
      #expect(nobody.error.contains("no such account to log out: 'nobody@example.org'"))
      #expect(nobody.error.contains("404"))
      let receiver = try await Self.relink(
        ["receivers", "add", "ftp://x", "--audience", "a"] + admin)
      #expect(receiver.error.contains("the cloud does not subscribe this receiver: "))
      #expect(try await Self.relink(["receivers"] + admin).output == "nobody is subscribed\n")
      let early = try await Self.relink(
        ["requests", "assert", "--no-dead-token", "--since", "2999-01-01T00:00:00Z"] + admin)
      #expect(early.status == 2)
      #expect(early.error.contains("the cloud's clock reads 2"), "\(early)")
      let shown = try await Self.relink(["status"] + admin)
      #expect(shown.output.contains("everyone 1"))
      #expect(!shown.output.contains("\u{1B}"))
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a dry run of a list ends as the logout would`() async throws {
    try await withLab { lab in
      try await lab.startCloud()
      let app = try await lab.app(of: "ada@example.org")
      try await app.register()
      try await app.logIn()
      let address = try await lab.address()
      let admin = [
        "--admin-port", "\(address.adminPort)", "--admin-token-file", address.adminTokenFile,
      ]
      let list = address.adminTokenFile + ".list"
      try "ada@example.org\nnobody@example.org\n"
        .write(toFile: list, atomically: true, encoding: .utf8)
      for options in [[], ["--json"]] {
        let dry = try await Self.relink(["logout", "list", list, "--dry-run"] + options + admin)
        #expect(dry.status == 1)
        #expect(!dry.output.contains("would log out"), "\(dry)")
        #expect(dry.error.contains("\(list):2: unknown: nobody@example.org"), "\(dry)")
        #expect(dry.error.contains("nobody would be logged out"), "\(dry)")
      }
      let refused = try await Self.relink(["logout", "list", list] + admin)
      #expect(refused.status == 1)
      let others = ["logout", "list", list, "--skip-unknown"] + admin
      let dry = try await Self.relink(others + ["--dry-run"])
      #expect(dry.status == 0)
      #expect(dry.output.contains("would log out (nothing was changed):\n  accounts  1"))
      #expect(dry.error.contains(":2: unknown"))
      #expect(try await Self.relink(others).status == 0)
    }
  }

  @Test(.timeLimit(.minutes(5)), arguments: [SIGINT, SIGTERM])
  func `a demo that is interrupted leaves nothing behind`(signal: Int32) async throws {
    try await withWorkspace { workspace in
      let programs = try Programs.beside()
      let result = try await Subprocess.run(
        .path(FilePath(programs.relink)), arguments: ["demo", "--keep"],
        environment: .inherit.updating(["TMPDIR": workspace.path]),
        input: .none, output: .sequence, error: .discarded
      ) { execution in
        var isSignalled = false
        for try await line in execution.standardOutput.strings() {
          // In the middle: the devices are running.
          if !isSignalled, line.contains("Each device is paired") {
            isSignalled = true
            try execution.send(signal: Signal(rawValue: signal))
          }
        }
      }
      #expect(result.terminationStatus == .exited(128 + signal))
      let left = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
        .filter { $0.hasPrefix("relink-") }
      #expect(left == [])
      #expect(try Self.processes(mentioning: workspace.path) == [])
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a demo that is killed takes its processes with it`() async throws {
    try await withWorkspace { workspace in
      let programs = try Programs.beside()
      _ = try await Subprocess.run(
        .path(FilePath(programs.relink)), arguments: ["demo"],
        environment: .inherit.updating(["TMPDIR": workspace.path]),
        input: .none, output: .sequence, error: .discarded
      ) { execution in
        // Late enough for threads that were idle to have ended.
        for try await line in execution.standardOutput.strings()
        where line.contains("power is cut in the middle") {
          #expect(try Self.processes(mentioning: workspace.path).count >= 5)
          try execution.send(signal: .kill)
        }
      }
      var left: [String] = []
      for _ in 0..<50 {
        left = try Self.processes(mentioning: workspace.path)
        if left.isEmpty { break }
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(left == [])
    }
  }

  private static func members(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  /// The command lines of running processes that mention a path.
  private static func processes(mentioning path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
      guard Int32(entry) != nil,
        let line = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")
      else { return nil }
      let text = String(decoding: line, as: UTF8.self)
      return text.contains(path) ? text : nil
    }
  }
}
