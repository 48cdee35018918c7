import DeviceCore
package import DeviceProtocol
import Glibc

/// A device's flash and who it is.
package struct DeviceFlash {
  package let flash: FileFlash
  package let identity: Identity

  /// Opens the flash of a device; where there is none the device is made.
  ///
  /// - Parameter model: Nil takes the one of the flash, or the manifest's first of the kind.
  /// - Throws: `HostError` with the path: also when the flash is of a device of another kind or
  ///   model.
  package init(
    at path: String, kind: DeviceKind, model: [UInt8]?, manifest: FirmwareManifest,
    factory: Factory
  ) throws(HostError) {
    if access(path, F_OK) == 0 {
      self.flash = try FileFlash(opening: path)
    } else {
      try makeFolders(folder(of: path))
      self.flash = try FileFlash(creating: path)
    }
    var storage = try DeviceStorage(mounting: self.flash)
    if let record = storage.value(for: .manufacture) {
      self.identity = try Identity(parsing: record, flashPath: path)
      try factory.checkCertificate(of: self.identity, flashPath: path)
    } else {
      guard storage.records.isEmpty else {
        throw HostError(
          "read the flash file", on: path, because: "its record of manufacture is gone")
      }
      let model = if let model { model } else { try manifest.firstModel(of: kind) }
      try manifest.check(model: model, isA: kind)
      self.identity = try factory.makeDevice(kind: kind, model: model)
      if case .failed(let error) = storage.store(.manufacture, self.identity.record) { throw error }
    }
    guard self.identity.kind == kind else {
      throw HostError(
        "run the flash file", on: path, because: "it is of a \(self.identity.kind.text)")
    }
    guard model == nil || model == self.identity.model else {
      let name = String(decoding: self.identity.model, as: UTF8.self)
      throw HostError("run the flash file", on: path, because: "it is of the model \(name)")
    }
  }
}
