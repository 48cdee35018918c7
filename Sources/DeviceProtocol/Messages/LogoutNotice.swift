/// The data of the server-sent event `logged_out`.
package struct LogoutNotice: Equatable, Sendable {
  /// How much of a reason a device keeps.
  package static let reasonByteCountLimit = 200

  /// What was logged out: `everyone`, `kind`, `account`, `device` or `session`.
  package let scope: [UInt8]
  /// Why, in the words of whoever ordered it.
  package let reason: [UInt8]

  package init(scope: [UInt8], reason: [UInt8]) {
    self.scope = scope
    self.reason = reason
  }

  package init(parsing data: [UInt8]) throws(MessageError) {
    let object = try JSONValue(messageBody: data)
    self.init(scope: try object.string("scope"), reason: try object.string("reason"))
  }

  package var bytes: [UInt8] {
    JSONValue.object([
      JSONMember("scope", .string(self.scope)), JSONMember("reason", .string(self.reason)),
    ]).bytes
  }
}
