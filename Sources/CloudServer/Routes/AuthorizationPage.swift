import CloudCore
import Crypto
import DeviceProtocol
import Foundation
import HTTPTypes
import Hummingbird

/// The login and consent form: plain HTML, no script, nothing loaded from anywhere.
struct AuthorizationPage {
  let authorization: AuthorizationRequest

  /// - Parameter message: What went wrong with the last attempt.
  func response(status: HTTPResponse.Status, message: String? = nil) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .contentSecurityPolicy: self.contentSecurityPolicy,
        .frameOptions: "DENY",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: self.html(message: message))))
  }

  private func html(message: String?) -> String {
    let hidden = self.parameters
      .map { #"<input type="hidden" name="\#($0.name)" value="\#($0.value.escapedForHTML)">"# }
      .joined(separator: "\n")
    let notice = message.map { #"<p role="alert">\#($0.escapedForHTML)</p>"# } ?? ""
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Log in to Relink</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      <h1>Log in to Relink</h1>
      <p><b>\(self.authorization.clientID.escapedForHTML)</b> asks to use your account and your
      devices.</p>
      \(notice)
      <form method="post" action="\(OpenRoute.authorizationDecision.route.path)">
      \(hidden)
      <label>E-mail address
      <input type="email" name="email" autocomplete="username" autofocus></label>
      <label>Password
      <input type="password" name="password" autocomplete="current-password"></label>
      <button name="decision" value="allow">Log in and allow</button>
      <button name="decision" value="deny" formnovalidate>Deny</button>
      </form>
      </main>
      </body>
      </html>

      """
  }

  private var parameters: [(name: String, value: String)] {
    var parameters = [
      ("response_type", "code"),
      ("client_id", self.authorization.clientID),
      ("redirect_uri", self.authorization.redirectURI),
      ("code_challenge", self.authorization.codeChallenge),
      ("code_challenge_method", "S256"),
    ]
    if let state = self.authorization.state { parameters.append(("state", state)) }
    if let key = self.authorization.dpopKey {
      let text = String(decoding: Base64URL.encode(key.bytes), as: UTF8.self)
      parameters.append(("dpop_jkt", text))
    }
    return parameters
  }

  /// Nothing but this page's own style. Browsers hold the redirect that follows the form to
  /// `form-action` too, so it names where that leads.
  private var contentSecurityPolicy: String {
    """
    default-src 'none'; style-src 'sha256-\(Self.styleHash)'; \
    form-action 'self' \(self.redirectSource); frame-ancestors 'none'; base-uri 'none'
    """
  }

  /// The origin of the redirect URI, or its scheme when it has no host to speak of.
  private var redirectSource: String {
    let uri = self.authorization.redirectURI
    let scheme = uri.prefix { $0 != ":" }
    guard scheme == "http" || scheme == "https" else { return "\(scheme):" }
    let authority = uri.dropFirst(scheme.count + "://".count).prefix { $0 != "/" && $0 != "?" }
    return "\(scheme)://\(authority)"
  }

  private static let style = """
    body{font:1rem/1.5 system-ui,sans-serif;margin:2rem}main{max-width:24rem;margin:auto}\
    label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;\
    font:inherit;padding:.5rem}button{font:inherit;padding:.5rem 1rem;margin-right:.5rem}\
    [role=alert]{color:#a00}
    """

  private static let styleHash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
}

extension String {
  /// Fit for an element's text and for a quoted attribute.
  var escapedForHTML: String {
    var text = String.UnicodeScalarView()
    // Scalar by scalar, as browsers read it: a quotation mark with a combining accent is another
    // Character than a quotation mark, and still ends an attribute.
    for scalar in self.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;".unicodeScalars
      case "<": text += "&lt;".unicodeScalars
      case ">": text += "&gt;".unicodeScalars
      case "\"": text += "&quot;".unicodeScalars
      case "'": text += "&#39;".unicodeScalars
      default: text.append(scalar)
      }
    }
    return String(text)
  }
}

extension HTTPField.Name {
  static let frameOptions = Self("X-Frame-Options")!
}
