import Glibc
import Testing

@testable import DeviceHost

/// The executable itself, as a user starts it.
@Suite(.enabled(if: relinkDevicePath != nil, "relink-device is not built"))
struct RelinkDeviceTests {
  private let laboratory: Laboratory
  private let folder: TemporaryFolder
  private let manifest: String

  init() throws {
    self.laboratory = try Laboratory()
    self.folder = self.laboratory.folder
    self.manifest = self.folder.write("manifest.json", testManifest)
  }

  /// Runs a camera with this laboratory's files.
  private func camera(_ more: [String] = [], cloud: String = "https://localhost:9") throws
    -> ChildProcess
  {
    try .relinkDevice(
      [
        "camera", "--cloud", cloud, "--flash", self.folder.path("flash"), "--development-ca",
        self.laboratory.authorities.folder, "--manifest", self.manifest,
      ] + more)
  }

  /// Runs a program that fails at once.
  private func failure(_ arguments: [String], environment: [String] = []) throws -> (
    code: CInt, output: String
  ) {
    let process = try ChildProcess.relinkDevice(arguments, environment: environment)
    return (try process.wait(), process.remainingOutput())
  }

  @Test func `help and version are printed`() throws {
    let help = try self.failure(["--help"])
    #expect(help.code == 0)
    for option in [
      "cloud", "flash", "ca", "development-ca", "world", "model", "firmware", "manifest", "network",
      "payload", "heartbeat-seconds", "backoff-base-milliseconds", "backoff-cap-seconds",
      "certificate", "key", "seed", "exit-with-parent", "help", "version",
    ] {
      #expect(help.output.contains("--\(option)"), "\(option)")
    }
    // What `relink cloud` calls itself.
    #expect(help.output.contains("--cloud https://127.0.0.1:8443"))
    #expect(!help.output.contains("localhost"))
    let version = try self.failure(["--version"])
    #expect(version.code == 0)
    #expect(version.output.hasPrefix("relink-device "))
  }

  @Test(arguments: [
    ([], "what kind of device, camera or scale?"),
    (["toaster"], "'toaster' is no kind of device; they are camera and scale"),
    (["camera"], "--cloud URL is missing"),
    (["camera", "--cloud"], "--cloud needs a value"),
    (["camera", "--cloud="], "the value of --cloud is empty"),
    (["camera", "--cloud", "x", "--cloud=y"], "--cloud is there twice"),
    (["camera", "--nonsense", "x"], "there is no option --nonsense"),
    (["camera", "x"], "an argument behind camera is one too many; quote a value with spaces"),
    (
      ["camera", "--network", "Home:correct", "horse"],
      "an argument behind --network is one too many; quote a value with spaces"
    ),
    (
      ["camera", "--network", "Home:correct", "-horse"],
      "an argument behind --network is one too many; quote a value with spaces"
    ),
    (["camera", "--exit-with-parent=yes"], "--exit-with-parent takes no value"),
    (["camera", "--cloud", "x", "--key", "k"], "--certificate and --key go together"),
    (
      ["camera", "--heartbeat-seconds", "0"],
      "--heartbeat-seconds is a number from 1 to 86400, not '0'"
    ),
    (
      ["camera", "--heartbeat-seconds", "99999999999"],
      "--heartbeat-seconds is a number from 1 to 86400, not '99999999999'"
    ),
    (
      ["camera", "--seed", "-1"],
      "--seed is a number from 0 to 18446744073709551615, not '-1'"
    ),
  ])
  func `a wrong command line is told and ends with 64`(arguments: [String], words: String) throws {
    let failure = try self.failure(arguments)
    #expect(failure.code == 64)
    #expect(failure.output == "relink-device: \(words)\nTry 'relink-device --help'.\n")
  }

  @Test(arguments: ["Home:short", ":12345678", "123456789012345678901234567890123:12345678"])
  func `a network that cannot be is told without its passphrase`(network: String) throws {
    let process = try self.camera(["--network", network])
    #expect(try process.wait() == 64)
    let output = process.remainingOutput()
    #expect(output.contains("--network"))
    #expect(!output.contains("short") && !output.contains("12345678"))
  }

  @Test func `what cannot be used is told with its name and ends with 1`() throws {
    let missing = try self.failure(["camera", "--cloud", "https://a", "--manifest", "/none"])
    #expect(missing.code == 1)
    #expect(
      missing.output
        == "relink-device: read the firmware manifest /none: No such file or directory\n")

    let url = try self.camera(cloud: "http://localhost")
    #expect(try url.wait() == 1)
    #expect(
      url.remainingOutput()
        == "relink-device: read the cloud's URL http://localhost: "
        + "it does not begin with https://\n")

    let path = self.folder.write("flash", [UInt8](repeating: 7, count: 65_536))
    let corrupt = try self.camera()
    #expect(try corrupt.wait() == 1)
    #expect(
      corrupt.remainingOutput().hasPrefix(
        "relink-device: read the flash file \(path): it is corrupt"))
  }

  @Test func `the manifest is found by the environment, and its absence is told`() throws {
    let arguments = [
      "camera", "--cloud", "https://a", "--development-ca", self.laboratory.authorities.folder,
      "--flash", self.folder.path("flash"), "--firmware", "7",
    ]
    let found = try self.failure(arguments, environment: ["RELINK_MANIFEST=\(self.manifest)"])
    #expect(
      found.output
        == "relink-device: find firmware \"7\" for the model \"cam\": "
        + "\(self.manifest) holds 1.0.0, 2.0.0\n")
    let absent = try self.failure(arguments, environment: ["RELINK_MANIFEST=/none"])
    #expect(absent.output.contains("read the firmware manifest /none"))
  }

  @Test(arguments: [(SIGTERM, 0), (SIGINT, 130)] as [(CInt, CInt)])
  func `a signal ends it cleanly`(signal: CInt, code: CInt) throws {
    let socket = self.folder.path("world.sock")
    let process = try self.camera(["--world", socket])
    #expect(try process.nextLine(containing: "booted").contains(#""world":"\#(socket)""#))
    #expect(mode(of: socket) == 0o600)
    kill(process.processID, signal)
    #expect(try process.wait() == code)
    #expect(access(socket, F_OK) != 0, "the socket file is gone")
  }

  @Test func `it goes on when nobody reads its journal any more`() throws {
    let socket = self.folder.path("world.sock")
    let process = try self.camera(["--world", socket])
    _ = try process.nextLine(containing: "booted")
    process.stopReading()
    let client = try WorldClientConnection(socket)
    client.send("{\"event\":\"cutPower\"}\n{\"event\":\"power\"}\n".utf8)
    waitUntil("two answers") {
      _ = client.receive()
      return client.lines == [#"{"ok":true}"#, #"{"ok":true}"#]
    }
    kill(process.processID, SIGTERM)
    #expect(try process.wait() == 0)
  }

  @Test func `two processes do not share a flash`() throws {
    let first = try self.camera()
    _ = try first.nextLine(containing: "booted")
    let second = try self.camera()
    #expect(try second.wait() == 1)
    #expect(second.remainingOutput().contains("another process uses it"))
  }

  @Test func `with its parent it ends too`() throws {
    let socket = self.folder.path("world.sock")
    // The shell becomes the parent, and is killed.
    let command =
      "\(try #require(relinkDevicePath)) camera --cloud https://localhost:9 --flash "
      + "\(self.folder.path("flash")) --development-ca \(self.laboratory.authorities.folder) "
      + "--manifest \(self.manifest) --world \(socket) --exit-with-parent & echo device $!; wait"
    let shell = try ChildProcess("/bin/sh", ["-c", command])
    let device = try shell.nextLine(containing: "device ").split(separator: " ").last
    let processID = try #require(device.flatMap { pid_t($0) })
    // Gone by then, if the test passes; nobody else has its number so soon.
    defer { kill(processID, SIGKILL) }
    waitUntil("the device listens") { access(socket, F_OK) == 0 }
    kill(shell.processID, SIGKILL)
    #expect(try shell.wait() == 128 + SIGKILL)
    waitUntil("the device ends and removes its socket") { access(socket, F_OK) != 0 }
  }

  /// Lets the cloud go on until there is a request of this beginning.
  private func takeRequest(_ cloud: TestCloud, _ beginning: String) throws -> (
    connection: TestCloud.Connection, text: String
  ) {
    var taken: (TestCloud.Connection, String)?
    waitUntil("\(beginning)") {
      cloud.turn()
      for connection in cloud.connections {
        if let text = connection.takeRequest(), text.hasPrefix(beginning) {
          taken = (connection, text)
        }
      }
      return taken != nil
    }
    return try #require(taken)
  }

  @Test func `killed after its credentials were stored it comes back with them`() throws {
    let cloud = try self.laboratory.cloud()
    let options = [
      "--network", "Home:correct horse", "--payload",
      "WIFI:T:WPA;S:Home;P:correct horse;;RELINK:V:1;C:https%3A//127.0.0.1%3A\(cloud.port);"
        + "K:rlkp_test;;",
    ]
    let first = try self.camera(options, cloud: cloud.origin().text)
    let pair = try self.takeRequest(cloud, "POST /oauth/token")
    #expect(pair.text.contains("pairing_token=rlkp_test"))
    #expect(pair.text.contains("model=cam&firmware_version=2.0.0"))
    pair.connection.answer(
      "200 OK",
      #"{"access_token":"rlka_1","token_type":"Bearer","expires_in":3600,"#
        + #""refresh_token":"rlkr_1","account_id":"a","device_id":"d"}"#)
    _ = try self.takeRequest(cloud, "GET /v1/events")
    kill(first.processID, SIGKILL)
    #expect(try first.wait() == 128 + SIGKILL)

    // The same command line: a device that is paired does not take the payload again.
    let second = try self.camera(options, cloud: cloud.origin().text)
    let refresh = try self.takeRequest(cloud, "POST /oauth/token")
    #expect(refresh.text.contains("grant_type=refresh_token"))
    #expect(refresh.text.contains("refresh_token=rlkr_1"))
    let verdict = try second.nextLine(containing: #""event":"payload""#)
    #expect(verdict.contains(#""result":"notReady""#))
  }
}
