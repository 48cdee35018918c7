/// Something moved before a camera.
package struct Motion: Equatable, Sendable {
  /// Never used twice by one device.
  package let sequence: UInt32
  package let at: UnixMilliseconds

  package init(sequence: UInt32, at: UnixMilliseconds) {
    self.sequence = sequence
    self.at = at
  }

  init(_ object: JSONValue) throws(MessageError) {
    self.init(
      sequence: try object.number("sequence"), at: UnixMilliseconds(try object.number("at")))
  }

  var json: JSONValue {
    .object([
      JSONMember("sequence", .integer(Int64(self.sequence))),
      JSONMember("at", .integer(Int64(clamping: self.at.value))),
    ])
  }

  /// The body that delivers motions.
  package static func body(of motions: [Motion]) -> [UInt8] {
    JSONValue.object([JSONMember("motions", .array(motions.map { $0.json }))]).bytes
  }

  package static func parse(body: [UInt8]) throws(MessageError) -> [Motion] {
    var motions: [Motion] = []
    for element in try JSONValue(messageBody: body).elements("motions") {
      motions.append(try Motion(element))
    }
    return motions
  }
}
