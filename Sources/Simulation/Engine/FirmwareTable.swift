package import DeviceCore
package import DeviceProtocol

/// Which model is what kind of device, and which traits each version of its firmware has.
package struct FirmwareTable: Equatable, Sendable {
  private var models: [String: Model] = [:]

  private struct Model: Equatable {
    let kind: DeviceKind
    var traits: [String: FirmwareTraits] = [:]
  }

  package init() {}

  /// A model's kind is that of its first version.
  package mutating func add(
    model: String, kind: DeviceKind, version: String, traits: FirmwareTraits
  ) {
    self.models[model, default: Model(kind: kind)].traits[version] = traits
  }

  /// By model and version.
  package var entries: [(model: String, version: String, traits: FirmwareTraits)] {
    self.models.sorted { $0.key < $1.key }.flatMap { model, known in
      known.traits.sorted { $0.key < $1.key }.map { (model, $0.key, $0.value) }
    }
  }

  /// Nil for a model that the manifest does not list.
  package func kind(of model: String) -> DeviceKind? { self.models[model]?.kind }

  /// Nil for what the manifest does not list.
  package func traits(model: String, version: String) -> FirmwareTraits? {
    self.models[model]?.traits[version]
  }

  /// What scenarios that are drawn run; the same as in the project's manifest, so that a failure's
  /// file runs with that.
  package static let builtIn: FirmwareTable = {
    var table = FirmwareTable()
    func camera(_ version: String, _ traits: FirmwareTraits, model: String = "cam-1") {
      table.add(model: model, kind: .camera, version: version, traits: traits)
    }
    func scale(_ version: String, _ traits: FirmwareTraits) {
      table.add(model: "scale-1", kind: .scale, version: version, traits: traits)
    }
    camera("0.8.0", [.retriesAtOnce, .ignoresRetryAfter])
    camera("1.0.0", [])
    camera("1.1.0", [.keepsPreviousToken, .backoffWithoutJitter])
    camera("1.2.0", [.keepsPreviousToken, .decorrelatedJitter])
    camera("2.0.0", .keepsPreviousToken)
    camera("2.0.0", .keepsPreviousToken, model: "cam-2")
    camera("2.1.0", [.keepsPreviousToken, .startsWithJitter], model: "cam-2")
    scale("0.8.0", .fixedBackoff)
    scale("0.9.0", [])
    scale("1.0.0", .keepsPreviousToken)
    return table
  }()
}
