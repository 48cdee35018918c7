import DeviceCore
import Scenarios
import Simulation
import Testing

@Suite struct FirmwareTableTests {
  @Test func `what is drawn runs all firmware of the manifest, and no other`()
    throws
  {
    let manifest = try FirmwareTable(manifest: try #require(Programs.firmwareManifest()))
    func words(_ table: FirmwareTable) -> [String] {
      table.entries.map {
        "\($0.model) \($0.version) \($0.traits.rawValue), a "
          + (table.kind(of: $0.model).map { "\($0)" } ?? "nothing")
      }
    }
    // Both ways: what the manifest has more is never explored.
    #expect(words(.builtIn) == words(manifest))
  }

  @Test func `a manifest that is not there is an error that names it`() {
    #expect(throws: LabError.self) { try FirmwareTable(manifest: "/nowhere/manifest.json") }
  }
}
