import CloudCore
import Foundation
import Simulation

extension FirmwareCatalogue {
  init(contentsOf path: String) throws(LabError) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw LabError(.file, "the firmware manifest \(path) can't be read: \(error)")
    }
  }

  /// - Throws: `LabError.file` that names the device and what there is instead.
  func check(_ device: Scenario.DeviceSpecification) throws(LabError) {
    guard let versions = self.versions(of: device.model) else {
      throw LabError(
        .file,
        "device \(device.nickname): there is no model '\(device.model)'; there are \(self.modelNames.joined(separator: ", "))"
      )
    }
    guard versions.contains(device.firmware) else {
      throw LabError(
        .file,
        "device \(device.nickname): there is no firmware '\(device.firmware)' of \(device.model); there is \(versions.joined(separator: ", "))"
      )
    }
  }

  func keepsPreviousToken(_ device: Scenario.DeviceSpecification) -> Bool {
    self.traits(model: device.model, version: device.firmware)?.contains("keepsPreviousToken")
      ?? false
  }
}
