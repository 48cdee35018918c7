import CloudCore
import Foundation
import Simulation
import Testing

@testable import Scenarios

/// Files on disk: what they include, and what can't be read.
struct InclusionTests {
  @Test func `parts and what is at full scale are no part of the folders above them`() throws {
    let files = ["a.yaml", "b/c.yaml", "parts/d.yaml", "full-scale/e.yaml", "b/full-scale/f.yaml"]
    try self.withFiles(Dictionary(uniqueKeysWithValues: files.map { ($0, Self.scenario) })) {
      folder in
      let all = try ScenarioFile.scenarioFiles(in: folder)
      #expect(all == ["a.yaml", "b/c.yaml"].map { "\(folder)/\($0)" })
      #expect(
        try ScenarioFile.scenarioFiles(in: "\(folder)/full-scale")
          == ["\(folder)/full-scale/e.yaml"])
    }
  }

  private static let part = """
    cloud: { rotation_window: 7s, binding: weak }
    homes:
      - { name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }
    owners:
      - { email: ada@example.org, password: analytical, home: Hillside }
    steps: [{ mark: first }]
    """

  private static let scenario = """
    scenario: small
    include: [parts/home.yaml]
    cloud: { binding: medium }
    devices:
      - { nickname: porch, kind: camera, model: cam-1, firmware: 2.0.0, owner: ada@example.org, network: Hill }
    steps: [{ pair: porch }]
    """

  /// Runs the body in a folder of its own with these files.
  private func withFiles(
    _ files: [String: String], _ body: (String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try body(folder.path)
  }

  private func error(_ path: String) -> String? {
    do {
      _ = try ScenarioFile.read(path)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `of a folder everything that is wrong is told, and what is right is read`() throws {
    let whole =
      Self.part + "\n"
      + Self.scenario.replacing("include: [parts/home.yaml]\n", with: "")
      .replacing("cloud: { binding: medium }\n", with: "")
      .replacing("steps: [{ pair: porch }]", with: "")
    let files = [
      "a.yaml": whole,
      "b.yaml": whole.replacing("nickname", with: "nickmane"),
      "c.yaml": whole.replacing("kind: camera", with: "kind: scale"),
      "d.yaml": whole.replacing("model: cam-1", with: "model: cma-1"),
      "e.yaml": whole.replacing("2.0.0", with: "2.0.1"),
    ]
    try self.withFiles(files) { folder in
      let (files, errors) = SuiteFile.read([folder, "\(folder)/f.yaml"], firmware: .builtIn)
      #expect(files.map(\.path) == ["\(folder)/a.yaml"])
      #expect(
        errors.map { $0.description.replacing("\(folder)/", with: "") } == [
          "b.yaml:9:7: 'nickmane' is not a part of a device; did you mean 'nickname'?",
          "c.yaml:9:30: porch is a scale, and the model cam-1 is a camera",
          "d.yaml:9:45: porch is of the model 'cma-1'; there is cam-1, cam-2, scale-1; did you mean 'cam-1'?",
          "e.yaml:9:62: porch runs firmware '2.0.1' of cam-1; there is 0.8.0, 1.0.0, 1.1.0, 1.2.0, 2.0.0; did you mean '2.0.0'?",
          "f.yaml: there is no such file or folder",
        ])
    }
  }

  @Test func `what is included comes first, and settings of the file hold`() throws {
    try self.withFiles(["a.yaml": Self.scenario, "parts/home.yaml": Self.part]) { folder in
      let scenario = try ScenarioFile.readOne("\(folder)/a.yaml")
      #expect(scenario.homes.map(\.name) == ["Hillside"])
      #expect(scenario.cloud.rotationWindow == .seconds(7))
      #expect(scenario.cloud.binding == .medium)
      #expect(scenario.steps.map(\.action) == [.mark("first"), .pair(.named(["porch"]), .init())])
      #expect(scenario.steps.map(\.line) == [nil, 6])
    }
  }

  @Test func `a mistake in a part is told with the part's name`() throws {
    let part = Self.part.replacing("secret12", with: "short")
    try self.withFiles(["a.yaml": Self.scenario, "parts/home.yaml": part]) { folder in
      #expect(
        self.error("\(folder)/a.yaml")?.hasPrefix("\(folder)/parts/home.yaml:3:60: 'passphrase'")
          == true)
    }
  }

  @Test func `a part has no name, no ways and no variables`() throws {
    for line in ["scenario: x", "ways: [real]", "for_each: { x: [1] }", "violates: 1"] {
      try self.withFiles(
        ["a.yaml": Self.scenario, "parts/home.yaml": Self.part + "\n" + line]
      ) { folder in
        #expect(
          self.error("\(folder)/a.yaml")?.contains("home.yaml:7:1: ") == true, "\(line)")
      }
    }
  }

  /// A way back to the part, as the part writes it.
  @Test(arguments: [
    "home.yaml", "./home.yaml", "../parts/home.yaml", "../a.yaml", "link.yaml", "other/home.yaml",
    "../b.yaml",
  ])
  func `a cycle of includes is an error`(path: String) throws {
    try self.withFiles([
      "a.yaml": Self.scenario, "b.yaml": "include: [./parts/./home.yaml]",
      "parts/home.yaml": Self.part + "\ninclude: [\(path)]",
    ]) { folder in
      let manager = FileManager.default
      try manager.createSymbolicLink(
        atPath: "\(folder)/parts/link.yaml", withDestinationPath: "home.yaml")
      try manager.createSymbolicLink(
        atPath: "\(folder)/parts/other", withDestinationPath: "../parts")
      let error = self.error("\(folder)/a.yaml")
      #expect(error?.contains("includes itself, here or through other files") == true)
    }
  }

  @Test func `an include that is not there is told with its place`() throws {
    try self.withFiles(["a.yaml": Self.scenario]) { folder in
      #expect(
        self.error("\(folder)/a.yaml")
          == "\(folder)/a.yaml:2:11: 'parts/home.yaml' can't be included: the scenario file can't be read: there is none"
      )
    }
  }

  @Test func `includes that multiply are refused`() throws {
    var files = ["a.yaml": Self.scenario, "parts/p0.yaml": "cloud: { binding: weak }"]
    for level in 1...9 {
      let item = "p\(level - 1).yaml"
      files["parts/p\(level).yaml"] = "include: [\(item), \(item), \(item)]"
    }
    files["parts/home.yaml"] = "include: [p9.yaml]"
    try self.withFiles(files) { folder in
      #expect(self.error("\(folder)/a.yaml")?.contains("more than 64 files are included") == true)
    }
  }

  @Test func `a file that is not there, a folder, and one that is not UTF-8 are named`() throws {
    #expect(
      self.error("/nowhere.yaml")
        == "/nowhere.yaml: the scenario file can't be read: there is none")
    try self.withFiles(["a.yaml": ""]) { folder in
      #expect(self.error(folder)?.hasPrefix("\(folder): the scenario file can't be read") == true)
      for bytes: [UInt8] in [[0x73, 0xFF], [0xFF, 0xFE, 0x73, 0], [0xC3]] {
        try Data(bytes).write(to: URL(filePath: "\(folder)/a.yaml"))
        #expect(
          self.error("\(folder)/a.yaml") == "\(folder)/a.yaml: the scenario file is not UTF-8")
      }
    }
  }

  @Test func `one byte more than a mebibyte is refused unread`() throws {
    try self.withFiles(["a.yaml": SmallScenario.text + "\n#"]) { folder in
      let path = "\(folder)/a.yaml"
      var text = SmallScenario.text + "\n#"
      text += String(repeating: "x", count: (1 << 20) - text.utf8.count)
      try Data(text.utf8).write(to: URL(filePath: path))
      #expect(self.error(path) == nil)
      try Data((text + "x").utf8).write(to: URL(filePath: path))
      #expect(self.error(path) == "\(path): the scenario file is larger than 1 MiB")
    }
    #expect(self.error("/dev/zero") == "/dev/zero: the scenario file is larger than 1 MiB")
  }

  @Test func `the scenarios of a folder are all but its parts, sorted`() throws {
    let names = ["b/x.yaml", "a.yaml", "b/parts/y.yaml", "parts/z.yaml", "b.yml", "b/n.txt"]
    try self.withFiles(Dictionary(uniqueKeysWithValues: names.map { ($0, "") })) { folder in
      let files = try ScenarioFile.scenarioFiles(in: folder)
      #expect(files == ["a.yaml", "b.yml", "b/x.yaml"].map { "\(folder)/\($0)" })
      #expect(try ScenarioFile.scenarioFiles(in: folder + "/").first == "\(folder)/a.yaml")
    }
    #expect(throws: ScenarioError.self) { try ScenarioFile.scenarioFiles(in: "/nowhere") }
  }

  @Test func `the scenarios of the project can be read`() throws {
    let folder = URL(filePath: try Programs.beside().defaultScenario)
      .deletingLastPathComponent().path
    let files = try ScenarioFile.scenarioFiles(in: folder)
    #expect(files.contains { $0.hasSuffix("/two-homes.yaml") })
    for file in files { #expect(throws: Never.self) { try ScenarioFile.read(file) } }
  }
}
