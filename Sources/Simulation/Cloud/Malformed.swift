import DeviceProtocol

// What a fault makes of an answer's body: as the cloud's own faults do (`docs/faults.md`).

enum Malformed {
  /// Of an answer to what was not done, and instead of a stream.
  static let madeUp = Array(#"{"status":"ok"}"#.utf8)
  private static let page = "<!DOCTYPE html><title>502</title><p>Bad gateway</p>"

  fileprivate static let notJSON = Array(Self.page.utf8)
}

extension Fault.Malformation {
  func spoil(_ body: [UInt8]) -> [UInt8] {
    switch self {
    case .truncated: Array(body.prefix(body.count / 2))
    case .notJSON: Malformed.notJSON
    case .empty: []
    case .wrongType: Self.withOtherTypes(body)
    }
  }

  /// The same members, each of another type; another type itself if it is no object.
  private static func withOtherTypes(_ body: [UInt8]) -> [UInt8] {
    guard case .object(let members)? = try? JSONValue(parsing: body) else {
      return JSONValue.array([]).bytes
    }
    let others = members.map { member in
      let value: JSONValue =
        switch member.value {
        case .string: .integer(0)
        case .array: .object([])
        case .object: .array([])
        case .null, .boolean, .integer, .decimal: .text("text")
        }
      return JSONMember(key: member.key, value: value)
    }
    return JSONValue.object(others).bytes
  }
}

extension Exchange.End {
  static func status(_ status: Int, retryAfter: Duration?) -> Exchange.End {
    .status(
      UInt16(clamping: status),
      retryAfterSeconds: retryAfter.map { UInt32(clamping: $0.components.seconds) })
  }
}
