/// A device's certificate, after the TLS layer has verified that the makers' CA signed it and that
/// the peer holds its key.
package struct DeviceCertificate: Equatable, Sendable {
  package let deviceID: DeviceID
  package let serial: String
  /// SHA-256 of the certificate in DER; 32 bytes (`x5t#S256`, RFC 8705 §3.1).
  package let thumbprint: Bytes32

  /// - Parameters:
  ///   - commonName: The subject's `CN`, a UUID in lower case.
  ///   - serialNumber: The subject's `serialNumber`, 1–64 printable ASCII characters.
  /// - Returns: Nil when one of them is not of that shape.
  package init?(commonName: String, serialNumber: String, thumbprint: [UInt8]) {
    guard let deviceID = DeviceID(commonName), let thumbprint = Bytes32(thumbprint) else {
      return nil
    }
    self.init(deviceID: deviceID, serialNumber: serialNumber, thumbprint: thumbprint)
  }

  /// As `init(commonName:serialNumber:thumbprint:)`, of what was read before.
  package init?(deviceID: DeviceID, serialNumber: String, thumbprint: Bytes32) {
    guard PrintableText.isValid(serialNumber) else { return nil }
    self.deviceID = deviceID
    self.serial = serialNumber
    self.thumbprint = thumbprint
  }
}
