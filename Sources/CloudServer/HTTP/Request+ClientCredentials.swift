import CloudCore
import HTTPTypes
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
    return ClientCredentials.basic(header).map { ($0.clientID, Secret($0.secret)) }
  }
}
