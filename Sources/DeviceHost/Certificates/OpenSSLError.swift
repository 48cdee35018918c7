import COpenSSL

/// What libcrypto and libssl said of the last failure, in words; empties their error queue.
///
/// The queue names functions and reasons, never key material.
func takeOpenSSLErrorText() -> String {
  var texts: [String] = []
  while true {
    let code = ERR_get_error()
    if code == 0 { break }
    guard let reason = ERR_reason_error_string(code) else {
      texts.append("error \(code)")
      continue
    }
    texts.append(String(cString: reason))
  }
  return texts.isEmpty ? "the library gave no reason" : texts.joined(separator: "; ")
}

/// Random bytes of libcrypto's generator, for serial numbers and addresses.
func randomBytes(count: Int) throws(HostError) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard RAND_bytes(&bytes, CInt(count)) == 1 else {
    throw HostError("draw", on: "\(count) random bytes", because: takeOpenSSLErrorText())
  }
  return bytes
}
