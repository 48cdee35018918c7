import CloudCore
import DeviceCore
import DeviceProtocol
package import Simulation

extension FirmwareTable {
  /// Reads the firmware manifest.
  ///
  /// - Throws: `LabError.file` for one that cannot be read, or with a trait that no firmware has.
  package init(manifest path: String) throws(LabError) {
    let catalogue = try FirmwareCatalogue(contentsOf: path)
    self.init()
    for model in catalogue.modelNames {
      for version in catalogue.versions(of: model) ?? [] {
        var traits: FirmwareTraits = []
        for name in catalogue.traits(model: model, version: version) ?? [] {
          guard let trait = FirmwareTraitName(Array(name.utf8)) else {
            throw LabError(
              .file, "firmware \(version) of \(model) in \(path) has the unknown trait '\(name)'")
          }
          traits.insert(trait.trait)
        }
        self.add(model: model, version: version, traits: traits)
      }
    }
  }
}
