package import DeviceCore

/// The traits of each version of each model, as the firmware manifest has them.
package struct FirmwareTable: Equatable, Sendable {
  private var traits: [String: [String: FirmwareTraits]] = [:]

  package init() {}

  package mutating func add(model: String, version: String, traits: FirmwareTraits) {
    self.traits[model, default: [:]][version] = traits
  }

  /// Nil for what the manifest does not list.
  package func traits(model: String, version: String) -> FirmwareTraits? {
    self.traits[model]?[version]
  }

  /// For tests and for scenarios that are drawn: a camera and a scale, with firmware that does
  /// everything right and firmware of 2019.
  package static let builtIn: FirmwareTable = {
    var table = FirmwareTable()
    for model in ["cam-1", "scale-1"] {
      table.add(model: model, version: "2.0.0", traits: .keepsPreviousToken)
      table.add(model: model, version: "1.0.0", traits: [])
    }
    return table
  }()
}
