import COpenSSL

/// A memory buffer of libcrypto's, which its PEM readers and writers work on.
struct MemoryBuffer: ~Copyable {
  let pointer: OpaquePointer

  /// An empty one to write to.
  init() throws(HostError) {
    guard let pointer = BIO_new(BIO_s_mem()) else {
      throw HostError("allocate", on: "a memory buffer", because: takeOpenSSLErrorText())
    }
    self.pointer = pointer
  }

  /// One to read these bytes from.
  static func holding(_ bytes: [UInt8]) throws(HostError) -> MemoryBuffer {
    let buffer = try MemoryBuffer()
    guard let byteCount = CInt(exactly: bytes.count),
      BIO_write(buffer.pointer, bytes, byteCount) == byteCount
    else {
      throw HostError("fill", on: "a memory buffer", because: takeOpenSSLErrorText())
    }
    return buffer
  }

  deinit { BIO_free(self.pointer) }

  /// What was written to it.
  var bytes: [UInt8] {
    var start: UnsafePointer<CChar>?
    let count = relink_BIO_get_mem_data(self.pointer, &start)
    guard let start, count > 0 else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
