/// The sequence numbers of the motions or measurements that the cloud has for good.
package struct Acknowledgement: Equatable, Sendable {
  package let sequences: [UInt32]

  package init(sequences: [UInt32]) { self.sequences = sequences }

  package init(parsing body: [UInt8]) throws(MessageError) {
    var sequences: [UInt32] = []
    for element in try JSONValue(messageBody: body).elements("acknowledged") {
      guard let number = element.integer, let sequence = UInt32(exactly: number) else {
        throw .badMember(.init("acknowledged"))
      }
      sequences.append(sequence)
    }
    self.sequences = sequences
  }

  package var bytes: [UInt8] {
    let elements = self.sequences.map { JSONValue.integer(Int64($0)) }
    return JSONValue.object([JSONMember("acknowledged", .array(elements))]).bytes
  }
}
