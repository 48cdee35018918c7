package import DeviceCore
package import DeviceProtocol

/// The models that are made, and the versions of their firmware with the traits of each.
///
/// Read from JSON: `{"models":[{"model","kind","firmware":[{"version","traits":[…],"note"}]}]}`,
/// versions from the oldest to the newest.
package struct FirmwareManifest {
  private let models: [Model]
  /// Where it was read from, for errors.
  private let source: String

  private struct Model {
    let name: [UInt8]
    let kind: DeviceKind
    let versions: [FirmwareDescription]
  }

  /// - Throws: `HostError` with the source: what is malformed, or which trait is unknown.
  package init(parsing bytes: [UInt8], source: String) throws(HostError) {
    self.source = source
    do {
      let root = try JSONReader(JSONValue(parsing: bytes), name: "the manifest")
      try root.refuseOthers(than: ["models"])
      var models: [Model] = []
      for value in try root.requiredArray("models") {
        let model = try Self.readModel(JSONReader(value, name: "a model"))
        guard !models.contains(where: { $0.name == model.name }) else {
          throw JSONShapeError(words: "the model \(quoted(model.name)) is there twice")
        }
        models.append(model)
      }
      self.models = models
    } catch let error as JSONShapeError {
      throw HostError("read the firmware manifest", on: source, because: error.words)
    } catch let error as JSONError {
      throw HostError("read the firmware manifest", on: source, because: describe(error))
    } catch {
      throw HostError("read the firmware manifest", on: source, because: "\(error)")
    }
  }

  /// The first model of a kind.
  package func firstModel(of kind: DeviceKind) throws(HostError) -> [UInt8] {
    guard let model = self.models.first(where: { $0.kind == kind }) else {
      throw HostError("find a model of the kind", on: "\(kind.text)", because: self.holdsNone)
    }
    return model.name
  }

  /// - Throws: `HostError` for an unknown model, and for one of another kind.
  package func check(model: [UInt8], isA kind: DeviceKind) throws(HostError) {
    let found = try self.find(model)
    guard found.kind == kind else {
      throw HostError(
        "use the model", on: quoted(model),
        because: "it is a \(found.kind.text), not a \(kind.text) (\(self.source))")
    }
  }

  /// - Parameter version: Nil takes the newest.
  /// - Throws: `HostError` for an unknown model or version.
  package func firmware(of model: [UInt8], version: [UInt8]?) throws(HostError)
    -> FirmwareDescription
  {
    let versions = try self.find(model).versions
    guard let version else {
      guard let newest = versions.last else {
        throw HostError("find firmware for the model", on: quoted(model), because: self.holdsNone)
      }
      return newest
    }
    guard let found = versions.first(where: { $0.version == version }) else {
      let known = versions.map { String(decoding: $0.version, as: UTF8.self) }
      throw HostError(
        "find firmware \(quoted(version)) for the model", on: quoted(model),
        because: "\(self.source) holds \(known.joined(separator: ", "))")
    }
    return found
  }

  private var holdsNone: String { "\(self.source) holds none" }

  private func find(_ name: [UInt8]) throws(HostError) -> Model {
    guard let model = self.models.first(where: { $0.name == name }) else {
      let known = self.models.map { String(decoding: $0.name, as: UTF8.self) }
      throw HostError(
        "find the model", on: quoted(name),
        because: "\(self.source) holds \(known.joined(separator: ", "))")
    }
    return model
  }

  private static func readModel(_ object: JSONReader) throws(JSONShapeError) -> Model {
    try object.refuseOthers(than: ["model", "kind", "firmware"])
    let name = try object.requiredString("model")
    guard let kind = DeviceKind(try object.requiredString("kind")) else {
      throw JSONShapeError(words: "\"kind\" of the model \(quoted(name)) is unknown")
    }
    var versions: [FirmwareDescription] = []
    for value in try object.requiredArray("firmware") {
      let firmware = try JSONReader(value, name: "a firmware of the model \(quoted(name))")
      versions.append(try Self.readFirmware(firmware, of: name))
    }
    return Model(name: name, kind: kind, versions: versions)
  }

  private static func readFirmware(_ object: JSONReader, of model: [UInt8])
    throws(JSONShapeError) -> FirmwareDescription
  {
    try object.refuseOthers(than: ["version", "traits", "note"])
    _ = try object.string("note")
    let version = try object.requiredString("version")
    var traits: FirmwareTraits = []
    for value in try object.requiredArray("traits") {
      guard let name = value.stringBytes.flatMap({ FirmwareTraitName($0) }) else {
        let trait = String(decoding: value.bytes, as: UTF8.self)
        throw JSONShapeError(
          words: "firmware \(quoted(version)) of \(quoted(model)) has the unknown trait \(trait)")
      }
      traits.insert(name.trait)
    }
    return FirmwareDescription(version: version, traits: traits)
  }
}

private func quoted(_ text: [UInt8]) -> String { "\"\(String(decoding: text, as: UTF8.self))\"" }
