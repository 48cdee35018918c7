import COpenSSL

/// An X.509 certificate.
package struct Certificate: ~Copyable {
  let pointer: OpaquePointer

  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  /// Reads the first certificate of a PEM text.
  ///
  /// - Parameter source: Where the text is from, for the error.
  package init(pem: [UInt8], source: String) throws(HostError) {
    let buffer = try MemoryBuffer.holding(pem)
    guard let pointer = PEM_read_bio_X509(buffer.pointer, nil, nil, nil) else {
      throw HostError("read the certificate", on: source, because: takeOpenSSLErrorText())
    }
    self.pointer = pointer
  }

  deinit { X509_free(self.pointer) }

  package func pem() throws(HostError) -> [UInt8] {
    let buffer = try MemoryBuffer()
    guard PEM_write_bio_X509(buffer.pointer, self.pointer) == 1 else {
      throw HostError("encode", on: "a certificate", because: takeOpenSSLErrorText())
    }
    return buffer.bytes
  }

  /// Whether this is the certificate of that key.
  package func isOf(_ key: borrowing PrivateKey) -> Bool {
    let matches = X509_check_private_key(self.pointer, key.pointer) == 1
    ERR_clear_error()
    return matches
  }

  /// The subject's common name; nil when it has none, or several.
  package var commonName: [UInt8]? { self.subjectEntry(NID_commonName) }

  /// The subject's serial number, which for a device is that of its housing.
  package var subjectSerialNumber: [UInt8]? { self.subjectEntry(NID_serialNumber) }

  private func subjectEntry(_ name: CInt) -> [UInt8]? {
    let subject = X509_get_subject_name(self.pointer)
    let index = X509_NAME_get_index_by_NID(subject, name, -1)
    guard index >= 0, X509_NAME_get_index_by_NID(subject, name, index) < 0 else { return nil }
    let text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index))
    guard let bytes = ASN1_STRING_get0_data(text) else { return nil }
    return [UInt8](UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(text))))
  }
}
