/// The models that are known, and which traits each version of their firmware has: what
/// `firmware-images/manifest.json` says.
package struct FirmwareCatalogue: Decodable, Sendable {
  package static let empty = FirmwareCatalogue(models: [])

  private let models: [Model]

  private struct Model: Decodable, Sendable {
    let model: String
    let kind: String
    let firmware: [Version]
  }

  private struct Version: Decodable, Sendable {
    let version: String
    let traits: [String]
  }

  /// As in the manifest.
  package var modelNames: [String] { self.models.map(\.model) }

  /// `camera` or `scale`; nil for an unknown model.
  package func kind(of model: String) -> String? {
    self.models.first { $0.model == model }?.kind
  }

  /// From the oldest to the newest; nil for an unknown model.
  package func versions(of model: String) -> [String]? {
    self.models.first { $0.model == model }?.firmware.map(\.version)
  }

  /// Nil for an unknown model or version, such as those of somebody's own device.
  package func traits(model: String, version: String) -> [String]? {
    self.models.first { $0.model == model }?.firmware.first { $0.version == version }?.traits
  }
}
