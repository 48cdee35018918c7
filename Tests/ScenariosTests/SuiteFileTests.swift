import Foundation
import Simulation
import Testing

@testable import Scenarios

/// Files and folders as a suite finds them.
@Suite struct SuiteFileTests {
  private static let whole = """
    scenario: whole
    homes: [{ name: Hillside, networks: [{ ssid: Hill, passphrase: secret12 }] }]
    owners: [{ email: ada@example.org, password: analytical, home: Hillside }]
    fleet: { count: 3, model: cam-1, firmware: 2.0.0 }
    """

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appending(path: "real"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test func `a link to a folder is that folder`() throws {
    try self.withFolder { folder in
      try self.write(Self.whole, "\(folder)/real/a.yaml")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link", withDestinationPath: "\(folder)/real")
      let (files, errors) = SuiteFile.read(["\(folder)/link"], firmware: .builtIn)
      #expect(files.map(\.path) == ["\(folder)/link/a.yaml"])
      #expect(errors.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a pipe in a folder is passed over, for nobody would write to it`() throws {
    try self.withFolder { folder in
      try self.write(Self.whole, "\(folder)/real/a.yaml")
      try #require(mkfifo("\(folder)/real/b.yaml", 0o600) == 0)
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/real/c.yaml", withDestinationPath: "\(folder)/real/a.yaml")
      let names = try ScenarioFile.scenarioFiles(in: "\(folder)/real").map {
        URL(filePath: $0).lastPathComponent
      }
      #expect(names == ["a.yaml", "c.yaml"])
    }
  }

  @Test func `a mark of the byte order before the text is no part of it`() throws {
    try self.withFolder { folder in
      try self.write("\u{FEFF}" + Self.whole, "\(folder)/a.yaml")
      #expect(try ScenarioFile.readOne("\(folder)/a.yaml").name == "whole")
    }
  }

  @Test func `what cannot be read is told in plain words`() throws {
    try self.withFolder { folder in
      let (_, errors) = SuiteFile.read(["\(folder)/real/../none.yaml"], firmware: .builtIn)
      #expect(errors.first?.message == "there is no such file or folder")
      let error = #expect(throws: ScenarioError.self) { try ScenarioFile.read("\(folder)/real") }
      #expect(error?.message == "the scenario file can't be read: Is a directory")
    }
  }

  @Test(arguments: [
    ("cam-1", "cma-1", "4:27: the fleet is of the model 'cma-1'"),
    ("2.0.0", "9.0.0", "4:44: the fleet runs firmware '9.0.0' of cam-1"),
    ("cam-1, ", "cam-1, kind: scale, ", "4:40: the fleet is a scale, and the model cam-1 is a"),
  ])
  func `firmware that there is not is told with its place, of a fleet too`(
    text: String, by: String, error: String
  ) throws {
    try self.withFolder { folder in
      try self.write(Self.whole.replacing(text, with: by), "\(folder)/a.yaml")
      let (_, errors) = SuiteFile.read(["\(folder)/a.yaml"], firmware: .builtIn)
      #expect(errors.first?.description.hasPrefix("\(folder)/a.yaml:\(error)") == true, "\(errors)")
    }
  }

  @Test func `a part that is taken for a scenario is told to be one`() throws {
    try self.withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/parts", withIntermediateDirectories: true)
      try self.write("claims: [{ count: boots, at_least: 1 }]", "\(folder)/parts/a.yaml")
      let (_, errors) = SuiteFile.read(["\(folder)/parts/a.yaml"], firmware: .builtIn)
      #expect(errors.first?.suggestion?.contains("is for 'include'") == true, "\(errors)")
    }
  }

  @Test func `a file includes sixteen others itself, and no more`() throws {
    try self.withFolder { folder in
      let list = (1...17).map { "p\($0).yaml" }.joined(separator: ", ")
      try self.write("include: [\(list)]\n" + Self.whole, "\(folder)/a.yaml")
      let error = #expect(throws: ScenarioError.self) { try ScenarioFile.read("\(folder)/a.yaml") }
      #expect(error?.message == "'include' of a scenario has 17 items; 16 is the most")
    }
  }

  @Test func `a manifest that has a model twice, or a version of one, is refused`() throws {
    let model = #"{ "model": "cam-1", "kind": "camera", "firmware": [VERSIONS] }"#
    let version = #"{ "version": "1.0.0", "traits": [] }"#
    let one = model.replacing("VERSIONS", with: version)
    try self.withFolder { folder in
      let path = "\(folder)/manifest.json"
      try self.write(#"{ "models": [\#(one)] }"#, path)
      #expect(throws: Never.self) { try FirmwareTable(manifest: path) }
      try self.write(#"{ "models": [\#(one), \#(one)] }"#, path)
      let twice = #expect(throws: LabError.self) { try FirmwareTable(manifest: path) }
      #expect(twice?.description.contains("has the model cam-1 twice") == true)
      try self.write(
        #"{ "models": [\#(model.replacing("VERSIONS", with: "\(version), \(version)"))] }"#, path)
      let versions = #expect(throws: LabError.self) { try FirmwareTable(manifest: path) }
      #expect(versions?.description.contains("has the firmware 1.0.0 of cam-1 twice") == true)
    }
  }
}
