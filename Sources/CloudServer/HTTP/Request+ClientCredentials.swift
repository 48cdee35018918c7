import CloudCore
import DeviceProtocol
import Foundation
import Hummingbird

extension Request {
  /// What the caller authenticates itself with: `Authorization: Basic`, or `client_id` and
  /// `client_secret` in the form (RFC 6749 §2.3.1). Nil when there is nothing of it, or nothing that
  /// can be read.
  ///
  /// - Throws: `HTTPFailure.invalidRequest` for both at once (§2.3).
  func clientCredentials(_ form: Form) throws(HTTPFailure) -> (id: String, secret: Secret)? {
    let posted = form["client_secret"]
    guard let header = self.headers[.authorization] else {
      guard let posted, let id = form["client_id"] else { return nil }
      return (id, Secret(posted))
    }
    guard posted == nil else {
      throw .invalidRequest("a client authenticates itself in one way, not in two")
    }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic",
      let decoded = Data(base64Encoded: String(parts[1])),
      let colon = decoded.firstIndex(of: UInt8(ascii: ":")),
      let id = Self.formDecoded(decoded[..<colon]),
      let secret = Self.formDecoded(decoded[(colon + 1)...])
    else { return nil }
    return (id, Secret(secret))
  }

  /// Each half of the header is encoded as a form's value is.
  private static func formDecoded(_ bytes: Data) -> String? {
    guard let field = FormEncoding.decode(Array("v=".utf8) + bytes)?.first,
      !bytes.contains(UInt8(ascii: "&"))
    else { return nil }
    return String(validating: field.value, as: UTF8.self)
  }
}
