package import DeviceCore

/// The traits of each version of each model, as the firmware manifest has them.
package struct FirmwareTable: Equatable, Sendable {
  private var traits: [String: [String: FirmwareTraits]] = [:]

  package init() {}

  package mutating func add(model: String, version: String, traits: FirmwareTraits) {
    self.traits[model, default: [:]][version] = traits
  }

  /// By model and version.
  package var entries: [(model: String, version: String, traits: FirmwareTraits)] {
    self.traits.keys.sorted().flatMap { model in
      (self.traits[model] ?? [:]).sorted { $0.key < $1.key }.map { (model, $0.key, $0.value) }
    }
  }

  /// Nil for what the manifest does not list.
  package func traits(model: String, version: String) -> FirmwareTraits? {
    self.traits[model]?[version]
  }

  /// What scenarios that are drawn run; the same as in the project's manifest, so that a failure's
  /// file runs with that.
  package static let builtIn: FirmwareTable = {
    var table = FirmwareTable()
    table.add(model: "cam-1", version: "1.0.0", traits: [])
    table.add(
      model: "cam-1", version: "1.1.0", traits: [.keepsPreviousToken, .backoffWithoutJitter])
    table.add(model: "cam-1", version: "1.2.0", traits: [.keepsPreviousToken, .decorrelatedJitter])
    table.add(model: "cam-1", version: "2.0.0", traits: .keepsPreviousToken)
    table.add(model: "scale-1", version: "0.8.0", traits: .fixedBackoff)
    table.add(model: "scale-1", version: "0.9.0", traits: [])
    table.add(model: "scale-1", version: "1.0.0", traits: .keepsPreviousToken)
    return table
  }()
}
