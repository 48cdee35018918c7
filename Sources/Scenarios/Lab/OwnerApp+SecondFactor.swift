import Foundation
import NIOHTTP1

/// The authorization page when it asks for a code after the password.
struct SecondFactorStep: Sendable {
  /// The hidden field that goes on from the password.
  let ticket: String
  /// The cookie that goes with it.
  let cookie: String

  /// Nil unless the answer is that page.
  init?(_ answer: HTTPExchange.Answer) {
    guard answer.status == 200,
      let field = String(decoding: answer.body, as: UTF8.self)
        .firstMatch(of: /name="login" value="([A-Za-z0-9_-]+)"/),
      let cookie = answer.headers["Set-Cookie"].first(where: {
        $0.hasPrefix("__Host-relink-login=")
      })
    else { return nil }
    self.ticket = String(field.1)
    self.cookie = String(cookie.prefix { $0 != ";" })
  }
}

extension OwnerApp {
  /// Shows a code after the password.
  ///
  /// - Parameter code: Nil when nobody has one.
  /// - Returns: The answer that leads back to the app.
  func show(
    _ code: String?, in step: SecondFactorStep, parameters: [(String, String)]
  ) async throws -> HTTPExchange.Answer {
    guard let code else {
      throw LabError(
        .unexpectedAnswer, "\(self.email) can't log in: the account asks for a second factor")
    }
    let answer = try await self.exchange.send(
      .POST, "/oauth/authorize",
      form: parameters + [("login", step.ticket), ("code", code), ("decision", "allow")],
      cookie: step.cookie)
    guard answer.status != 403 else {
      throw LabError(
        .unexpectedAnswer, "\(self.email) can't log in: wrong code, or one that was used")
    }
    return answer
  }

  nonisolated func throttled(_ answer: HTTPExchange.Answer) -> LabError {
    let seconds = answer.headers.first(name: "Retry-After") ?? "some"
    return LabError(
      .unexpectedAnswer,
      "\(self.email): too many failed attempts; try again in \(seconds) seconds")
  }
}
