import Foundation

/// What the lab needs of `firmware-images/manifest.json`: which version has which traits.
struct FirmwareManifest: Decodable {
  private let models: [Model]

  private struct Model: Decodable {
    let model: String
    let firmware: [Version]
  }

  private struct Version: Decodable {
    let version: String
    let traits: [String]
  }

  init(contentsOf path: String) throws(LabError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw LabError(.file, "the firmware manifest \(path) can't be read: \(error)")
    }
  }

  /// - Throws: `LabError.file` that names the device and what there is instead.
  func check(_ device: Scenario.DeviceSpecification) throws(LabError) {
    guard let model = self.models.first(where: { $0.model == device.model }) else {
      let models = self.models.map(\.model).joined(separator: ", ")
      throw LabError(
        .file, "device \(device.nickname): there is no model '\(device.model)'; there are \(models)"
      )
    }
    guard model.firmware.contains(where: { $0.version == device.firmware }) else {
      let versions = model.firmware.map(\.version).joined(separator: ", ")
      throw LabError(
        .file,
        "device \(device.nickname): there is no firmware '\(device.firmware)' of \(device.model); there is \(versions)"
      )
    }
  }

  /// False too for a version that the manifest does not list; the device itself refuses to boot it.
  func keepsPreviousToken(model: String, version: String) -> Bool {
    self.models.first { $0.model == model }?
      .firmware.first { $0.version == version }?
      .traits.contains("keepsPreviousToken") ?? false
  }
}
