import CloudCore
import DeviceProtocol
import Foundation
import HTTPTypes
import Hummingbird

/// Who a request at the token or revocation endpoint says that it is from, and the secret that it
/// shows for it: in the `Authorization` (`client_secret_basic`) or in the form
/// (`client_secret_post`), never in both (RFC 6749 §2.3).
struct ClientCredentials: Equatable {
  let clientID: String
  /// Nil when there is none, or an empty one, which public clients send (§2.3.1).
  let secret: Secret?

  /// - Throws: `HTTPFailure`: `invalidRequest` without a client, with two of them or with both ways
  ///   at once; `invalid_client` for an `Authorization` that can't be read.
  init(_ request: Request, _ form: Form) throws(HTTPFailure) {
    guard let header = request.headers[.authorization] else {
      self.clientID = try form.require("client_id")
      self.secret = form["client_secret"].map { Secret($0) }
      return
    }
    guard let (clientID, secret) = Self.basic(header) else {
      throw .grantRefused(.malformedCredentials, usedAuthorization: true)
    }
    guard form["client_secret"] == nil else {
      throw .invalidRequest("the client authenticates in the Authorization and in the form at once")
    }
    guard form["client_id"].map({ $0.utf8.elementsEqual(clientID.utf8) }) ?? true else {
      throw .invalidRequest("the Authorization and the form name different clients")
    }
    self.clientID = clientID
    self.secret = secret.isEmpty ? nil : Secret(secret)
  }

  /// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1), unlike those of other
  /// Basic credentials.
  ///
  /// - Returns: Nil for another scheme, and for what is not such credentials.
  static func basic(_ header: String) -> (clientID: String, secret: String)? {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic",
      let bytes = Data(base64Encoded: parts[1].trimmingCharacters(in: .whitespaces)),
      bytes.allSatisfy(\.isPrintableASCII),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let clientID = Self.decode(bytes[..<colon]), !clientID.isEmpty,
      let secret = Self.decode(bytes[colon...].dropFirst())
    else { return nil }
    return (clientID, secret)
  }

  private static func decode(_ part: Data) -> String? {
    guard !part.contains(UInt8(ascii: "&")),
      let value = FormEncoding.decode(Array("v=".utf8) + part)?.first?.value
    else { return nil }
    return String(validating: value, as: UTF8.self)
  }
}
