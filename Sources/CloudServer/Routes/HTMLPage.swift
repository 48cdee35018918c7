import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// A page for people: plain HTML, no script, nothing loaded from anywhere.
struct HTMLPage {
  let title: String
  /// HTML, what is foreign in it escaped.
  let content: String
  /// Where the page's form may lead beside this cloud: a source of a Content-Security-Policy.
  var formTarget: String?

  func response(status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: "text/html; charset=utf-8",
        .contentSecurityPolicy: self.contentSecurityPolicy,
        .frameOptions: "DENY",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: self.html)))
  }

  private var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(self.title)</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <main>
    <h1>\(self.title)</h1>
    \(self.content)
    </main>
    </body>
    </html>

    """
  }

  /// What went wrong with the last attempt; nothing when nil.
  static func notice(_ message: String?) -> String {
    message.map { #"<p role="alert">\#($0.escapedForHTML)</p>"# } ?? ""
  }

  static func hiddenFields(_ fields: [(name: String, value: String)]) -> String {
    fields
      .map { #"<input type="hidden" name="\#($0.name)" value="\#($0.value.escapedForHTML)">"# }
      .joined(separator: "\n")
  }

  /// Nothing but this page's own style.
  private var contentSecurityPolicy: String {
    let target = self.formTarget.map { " \($0)" } ?? ""
    return """
      default-src 'none'; style-src 'sha256-\(Self.styleHash)'; \
      form-action 'self'\(target); frame-ancestors 'none'; base-uri 'none'
      """
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
