import DeviceProtocol

/// A line of a device's journal in plain words.
package enum JournalWords {
  /// Nil for what would only clutter the timeline (heartbeats, requests under way).
  package static func words(for entry: JournalEntry) -> String? {
    switch entry.event {
    case "listening":
      return "listens at \(entry.text("issuer") ?? "")"
    case "booted":
      return
        "boots \(entry.text("model") ?? "") \(entry.text("firmware_version") ?? ""), \(entry.text("state") ?? "")"
    case "state":
      return "\(entry.text("from") ?? "") → \(entry.text("to") ?? "")"
    case "wifi":
      return "Wi-Fi \(self.readable(entry.text("ssid") ?? "")): \(entry.text("result") ?? "")"
    case "payload":
      return "is shown a payload: \(entry.text("result") ?? "")"
    case "loggedOut":
      return "is logged out: \(entry.text("reason") ?? "")"
    case "power":
      return entry.text("state") == "cut" ? "its power is cut" : "its power is on"
    case "backoff":
      return "waits \(entry.integer("milliseconds") ?? 0) ms"
    case "request":
      return self.request(entry)
    case "tls" where entry.text("result") != "verified":
      return "refuses the cloud's certificate: \(entry.text("result") ?? "")"
    default:
      return nil
    }
  }

  /// A network's name as its owner reads it: a journal spells what is not ASCII as `\xe2`, and a
  /// backslash as two. One that is no text stays as it is.
  static func readable(_ name: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      if rest.first == UInt8(ascii: "x"),
        let spelt = Hexadecimal.decode(Array(rest.dropFirst().prefix(2))),
        spelt.count == 1
      {
        bytes += spelt
        rest = rest.dropFirst(3)
      } else if let next = rest.popFirst() {
        bytes.append(next)
      }
    }
    return String(validating: bytes, as: UTF8.self) ?? name
  }

  private static func request(_ entry: JournalEntry) -> String? {
    let name = entry.text("name") ?? ""
    switch entry.text("outcome") {
    case "ok":
      return ["heartbeat", "stream"].contains(name) ? nil : "\(name): done"
    case "refused":
      return "\(name): refused, \(entry.integer("status") ?? 0) \(entry.text("detail") ?? "")"
    case "failed":
      return "\(name): no answer (\(entry.text("detail") ?? ""))"
    default:
      return nil
    }
  }
}
