import DeviceProtocol

/// One line of a run's journal.
package struct LogEntry: Sendable {
  /// Since the run began.
  package let milliseconds: UInt64
  /// A device's nickname, an owner's address, `cloud` or `lab`.
  package let who: String
  package let event: String
  package let members: [(name: String, value: String)]

  /// One JSON object, without a line end.
  package var json: [UInt8] {
    var object = [
      JSONMember("at", .integer(Int64(clamping: self.milliseconds))),
      JSONMember("who", .string(Array(self.who.utf8))),
      JSONMember("event", .string(Array(self.event.utf8))),
    ]
    for member in self.members {
      object.append(
        JSONMember(key: Array(member.name.utf8), value: .string(Array(member.value.utf8))))
    }
    return JSONValue.object(object).bytes
  }

  /// `    12.345 s  porch  state: from offline, to online`.
  package var words: String {
    let fraction = String(self.milliseconds % 1_000)
    let seconds =
      "\(self.milliseconds / 1_000)." + String(repeating: "0", count: 3 - fraction.count)
      + fraction
    let padding = String(repeating: " ", count: max(0, 12 - seconds.count))
    let details = self.members.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    return "\(padding)\(seconds) s  \(self.who)  \(self.event)"
      + (details.isEmpty ? "" : ": \(details)")
  }
}
