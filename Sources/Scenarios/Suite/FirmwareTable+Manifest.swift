import CloudCore
import DeviceCore
import DeviceProtocol
package import Simulation

extension FirmwareTable {
  /// Reads the firmware manifest.
  ///
  /// - Throws: `LabError.file` for one that cannot be read, or with a kind or a trait that no device
  ///   has.
  package init(manifest path: String) throws(LabError) {
    let catalogue = try FirmwareCatalogue(contentsOf: path)
    self.init()
    for model in catalogue.modelNames {
      guard let kind = catalogue.kind(of: model).flatMap({ DeviceKind(Array($0.utf8)) }) else {
        throw LabError(.file, "\(model) in \(path) is of a kind that there is not")
      }
      for version in catalogue.versions(of: model) ?? [] {
        var traits: FirmwareTraits = []
        for name in catalogue.traits(model: model, version: version) ?? [] {
          guard let trait = FirmwareTraitName(Array(name.utf8)) else {
            throw LabError(
              .file, "firmware \(version) of \(model) in \(path) has the unknown trait '\(name)'")
          }
          traits.insert(trait.trait)
        }
        self.add(model: model, kind: kind, version: version, traits: traits)
      }
    }
  }
}
