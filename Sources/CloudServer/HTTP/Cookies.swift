import CloudCore
import HTTPTypes
import Hummingbird

/// A cookie of the authorization page (RFC 6265). Its prefix makes browsers hold it to this host and
/// to TLS; scripts do not see it, and requests that other sites cause do not carry it.
struct Cookie: Sendable {
  /// Of a browser between the password and the second factor.
  static let loginName = "__Host-relink-login"
  /// Of a browser that an account's owner has logged in with; what follows tells accounts apart.
  static let browserPrefix = "__Host-relink-browser-"
  /// More of these are not looked at.
  private static let mostBrowserMarks = 8

  let name: String
  let value: Secret
  /// 0 removes it.
  let lifeSeconds: UInt32

  var field: String {
    "\(self.name)=\(self.value.text); Path=/; Max-Age=\(self.lifeSeconds); Secure; HttpOnly; "
      + "SameSite=Strict"
  }

  /// What a browser keeps of the account that it has logged in to.
  init(browserMark: Secret, of account: AccountID) {
    self.name = Self.browserPrefix + String(account.text.prefix(8))
    self.value = browserMark
    self.lifeSeconds = BrowserMark.lifeSeconds
  }

  init(login: Secret) {
    self.name = Self.loginName
    self.value = login
    self.lifeSeconds = LoginTicket.lifeSeconds
  }

  private init(name: String, value: Secret, lifeSeconds: UInt32) {
    self.name = name
    self.value = value
    self.lifeSeconds = lifeSeconds
  }

  static let noLogin = Cookie(name: Self.loginName, value: Secret(""), lifeSeconds: 0)

  /// The cookies of a request, in their order.
  private static func all(of request: Request) -> [(name: String, value: Secret)] {
    var cookies: [(name: String, value: Secret)] = []
    for field in request.headers[values: .cookie] {
      for pair in field.split(separator: ";") {
        let pair = pair.drop { $0 == " " }
        guard let equals = pair.firstIndex(of: "=") else { continue }
        let value = Secret(String(pair[pair.index(after: equals)...]))
        cookies.append((name: String(pair[..<equals]), value: value))
      }
    }
    return cookies
  }

  static func browserMarks(of request: Request) -> [Secret] {
    let marks = self.all(of: request).filter { $0.name.hasPrefix(Self.browserPrefix) }
    return marks.prefix(Self.mostBrowserMarks).map { $0.value }
  }

  static func login(of request: Request) -> Secret? {
    self.all(of: request).first { $0.name == Self.loginName }?.value
  }
}

extension Response {
  func setting(_ cookies: [Cookie]) -> Response {
    var response = self
    for cookie in cookies {
      response.headers.append(HTTPField(name: .setCookie, value: cookie.field))
    }
    return response
  }
}
