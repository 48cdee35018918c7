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
    if let twice = catalogue.modelNames.firstRepeated {
      throw LabError(.file, "\(path) has the model \(twice) twice")
    }
    for model in catalogue.modelNames {
      guard let kind = catalogue.kind(of: model).flatMap({ DeviceKind(Array($0.utf8)) }) else {
        throw LabError(.file, "\(model) in \(path) is of a kind that there is not")
      }
      let versions = catalogue.versions(of: model) ?? []
      if let twice = versions.firstRepeated {
        throw LabError(.file, "\(path) has the firmware \(twice) of \(model) twice")
      }
      for version in versions {
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

extension [String] {
  fileprivate var firstRepeated: String? {
    var known: Set<String> = []
    return self.first { !known.insert($0).inserted }
  }
}
