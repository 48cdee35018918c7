import DeviceCore
import Scenarios
import Simulation
import Testing

@Suite struct FirmwareTableTests {
  @Test func `what is drawn runs firmware of the manifest, so that a failure's file runs too`()
    throws
  {
    let manifest = try FirmwareTable(manifest: try #require(Programs.firmwareManifest()))
    for entry in FirmwareTable.builtIn.entries {
      #expect(
        manifest.traits(model: entry.model, version: entry.version) == entry.traits,
        "\(entry.model) \(entry.version)")
      #expect(manifest.kind(of: entry.model) == FirmwareTable.builtIn.kind(of: entry.model))
    }
  }

  @Test func `a manifest that is not there is an error that names it`() {
    #expect(throws: LabError.self) { try FirmwareTable(manifest: "/nowhere/manifest.json") }
  }
}
