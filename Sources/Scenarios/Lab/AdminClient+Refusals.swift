import NIOHTTP1

/// Refusals in the terms of whoever asked.
extension AdminClient {
  func unexpected(_ answer: HTTPExchange.Answer, _ method: HTTPMethod, _ path: String) -> LabError {
    if answer.status == 401 {
      return LabError(
        .unexpectedAnswer,
        "the cloud at \(self.exchange.origin) does not know this admin token; is the token file "
          + "that of another cloud, or of an earlier run?")
    }
    let why = answer.refusal.map { $0.errorDescription ?? $0.error } ?? "no reason given"
    let word = answer.refusal?.reason.map { ", \($0)" } ?? ""
    return LabError(
      .unexpectedAnswer,
      "the cloud does not \(Self.deed(method, path)): \(Self.asOptions(why)) "
        + "(\(answer.status)\(word))")
  }

  /// Members of a body as the options of the command line that they are.
  private static func asOptions(_ why: String) -> String {
    why.replacing("'force' lets it", with: "--force lets it")
  }

  private static let deeds: [(HTTPMethod, String, String)] = [
    (.PUT, "/admin/v1/clock", "set its clock"),
    (.POST, "/admin/v1/clock/advance", "advance its clock"),
    (.POST, "/admin/v1/clock/freeze", "freeze its clock"),
    (.POST, "/admin/v1/clock/resume", "resume its clock"),
    (.POST, "/admin/v1/logout", "force this logout"),
    (.POST, "/admin/v1/tokens/inspect", "inspect the token"),
    (.POST, "/admin/v1/tokens/expire", "let these tokens expire"),
    (.POST, "/admin/v1/tokens/revoke", "end these sessions"),
    (.POST, "/admin/v1/accounts/region", "move the account"),
    (.POST, "/admin/v1/keys/rotate", "make another key"),
    (.POST, "/admin/v1/requests/assert", "judge this claim about requests"),
    (.POST, "/admin/v1/faults", "take this fault"),
    (.GET, "/admin/v1/sessions", "show these sessions"),
    (.GET, "/admin/v1/requests", "show these requests"),
    (.DELETE, "/admin/v1/faults/", "remove the fault"),
    (.POST, "/admin/v1/receivers", "subscribe this receiver"),
    (.GET, "/admin/v1/receivers", "show its receivers"),
    (.DELETE, "/admin/v1/receivers/", "unsubscribe this receiver"),
    (.GET, "/admin/v1/status", "show its status"),
    (.GET, "/admin/v1/clients", "show its clients"),
    (.GET, "/admin/v1/audit", "show its audit log"),
    (.GET, "/admin/v1/clock", "show its clock"),
    (.GET, "/admin/v1/keys", "show its keys"),
    (.GET, "/admin/v1/faults", "show its faults"),
    (.GET, "/admin/v1/faults/firings", "show what its faults did"),
    (.DELETE, "/admin/v1/faults", "remove its faults"),
    (.GET, "/admin/v1/snapshots", "show its snapshots"),
    (.PUT, "/admin/v1/snapshots/", "save this snapshot"),
    (.POST, "/admin/v1/snapshots/", "restore this snapshot"),
    (.DELETE, "/admin/v1/snapshots/", "delete this snapshot"),
  ]

  /// As in "set its clock"; where no words are kept for it, the request itself.
  private static func deed(_ method: HTTPMethod, _ path: String) -> String {
    let route = String(path.prefix { $0 != "?" })
    let found = Self.deeds.last { known in
      known.0 == method
        && (known.1.hasSuffix("/") ? route.hasPrefix(known.1) : route == known.1)
    }
    if let found { return found.2 }
    if route.hasSuffix("/history") { return "show the history of this session" }
    return "answer \(method) \(route) as it should"
  }
}
