/// - Returns: As many random bytes as asked for.
package func randomBytes(_ count: Int, from random: inout some RandomNumberGenerator) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  while bytes.count < count {
    withUnsafeBytes(of: random.next().littleEndian) {
      bytes.append(contentsOf: $0.prefix(count - bytes.count))
    }
  }
  return bytes
}
