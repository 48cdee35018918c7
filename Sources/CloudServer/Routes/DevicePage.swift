import CloudCore
import HTTPTypes
import Hummingbird

/// Where an owner types the code that a device shows (RFC 8628 §3.3).
struct UserCodePage {
  /// What was typed before, or stood in the link that the device shows (§3.3.1).
  let entered: String

  /// - Parameter message: What went wrong with the last attempt.
  func response(status: HTTPResponse.Status, message: String? = nil) -> Response {
    HTMLPage(
      title: "Connect a device",
      content: """
        <p>Enter the code that your device shows.</p>
        \(HTMLPage.notice(message))
        <form method="post" action="\(OpenRoute.deviceDecision.route.path)">
        <label>Code
        <input name="user_code" value="\(self.entered.escapedForHTML)" autocomplete="off"
        autocapitalize="characters" spellcheck="false" autofocus></label>
        <button>Continue</button>
        </form>
        """
    ).response(status: status)
  }
}

/// Shows the owner who asks, and under which code, so that nobody approves a stranger's device by a
/// link (§5.4).
struct DeviceConsentPage: SignInPage {
  let device: WaitingDevice

  func response(status: HTTPResponse.Status, message: String?) -> Response {
    HTMLPage(
      title: "Log in to Relink",
      content: """
        <p><b>\(self.device.clientID.escapedForHTML)</b> asks to use your account and your
        devices.</p>
        <p>Go on only if the device before you shows <b>\(self.device.userCode.text)</b>.</p>
        \(HTMLPage.notice(message))
        <form method="post" action="\(OpenRoute.deviceDecision.route.path)">
        \(HTMLPage.hiddenFields([("user_code", self.device.userCode.text)]))
        \(Self.signInFields)
        </form>
        """
    ).response(status: status)
  }

  /// The end of it.
  static func decided(_ decision: OwnerDecision) -> Response {
    let text =
      switch decision {
      case .allow: "The device is connected within seconds. You can close this page."
      case .deny: "The device gets no access. You can close this page."
      }
    return HTMLPage(title: "Connect a device", content: "<p>\(text)</p>").response(status: .ok)
  }
}
