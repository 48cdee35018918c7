package import DeviceCore
package import DeviceProtocol

/// What a device was given at manufacture, as its flash keeps it: who it is, and its certificate
/// with the private key.
package struct Identity: Equatable {
  package let kind: DeviceKind
  package let model: [UInt8]
  /// UUID, lower case with hyphens; the certificate's common name.
  package let deviceID: [UInt8]
  /// The serial number of the housing; the certificate's subject has it too.
  package let serial: [UInt8]
  /// Six octets, colon-separated, lower case.
  package let macAddress: [UInt8]
  package let certificate: IssuedCertificate

  package init(
    kind: DeviceKind, model: [UInt8], deviceID: [UInt8], serial: [UInt8], macAddress: [UInt8],
    certificate: IssuedCertificate
  ) {
    self.kind = kind
    self.model = model
    self.deviceID = deviceID
    self.serial = serial
    self.macAddress = macAddress
    self.certificate = certificate
  }

  /// What of it the machine knows.
  package func manufacture(for cloud: CloudOrigin) -> Manufacture {
    Manufacture(
      kind: self.kind, deviceID: self.deviceID, serial: self.serial, model: self.model,
      cloud: [UInt8](cloud.text.utf8))
  }

  /// The value of the record `.manufacture`: JSON. Holds the private key.
  package var record: [UInt8] {
    JSONValue.object([
      JSONMember("kind", .text(self.kind.text)),
      JSONMember("model", .string(self.model)),
      JSONMember("device_id", .string(self.deviceID)),
      JSONMember("serial", .string(self.serial)),
      JSONMember("mac", .string(self.macAddress)),
      JSONMember("certificate", .string(self.certificate.certificate)),
      JSONMember("key", .string(self.certificate.key)),
    ]).bytes
  }

  /// - Parameter flashPath: Where the record is from, for the error.
  package init(parsing record: [UInt8], flashPath: String) throws(HostError) {
    let attempt = "read the record of manufacture in"
    do {
      let object = try JSONReader(JSONValue(parsing: record), name: "it")
      guard let kind = DeviceKind(try object.requiredString("kind")) else {
        throw JSONShapeError(words: "its kind is unknown")
      }
      self.init(
        kind: kind, model: try object.requiredString("model"),
        deviceID: try object.requiredString("device_id"),
        serial: try object.requiredString("serial"),
        macAddress: try object.requiredString("mac"),
        certificate: IssuedCertificate(
          certificate: try object.requiredString("certificate"),
          key: try object.requiredString("key")))
    } catch let error as JSONShapeError {
      throw HostError(attempt, on: flashPath, because: error.words)
    } catch {
      throw HostError(attempt, on: flashPath, because: "it is not JSON")
    }
  }
}
