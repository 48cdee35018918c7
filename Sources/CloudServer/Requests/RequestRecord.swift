import CloudCore
import DeviceProtocol
import HTTPTypes

/// A request that was answered, or that a fault left without an answer. Holds no secret, no body and no
/// query.
struct RequestRecord: Sendable {
  /// From 1, in the order of the answers.
  var sequence: UInt64 = 0
  /// When it came, by the cloud's clock.
  let at: UnixMilliseconds
  let durationMicroseconds: UInt64
  let method: String
  /// What was asked for at a path without a route, as far as it can be shown.
  let strayPath: String?
  /// Nil when nobody got the answer.
  let status: Int?
  var reason: String? { self.facts.isCut ? nil : self.facts.reason }
  let address: String
  let facts: RequestNote.Facts

  var path: String? { self.facts.route ?? self.strayPath }

  init(
    _ request: HTTPRequest, at: UnixMilliseconds, duration: Duration, status: Int,
    address: RemoteAddress, facts: RequestNote.Facts
  ) {
    self.at = at
    self.durationMicroseconds = UInt64(max(0, duration / .microseconds(1)))
    self.method = request.method.rawValue.escapedForAnswer
    self.strayPath = facts.route == nil ? Self.shown(request.path ?? "") : nil
    self.status = facts.isCut ? nil : status
    self.address = address.text
    self.facts = facts
  }

  /// A path that leads nowhere may be anything, also a token in the wrong place: of each segment only a
  /// short and plain word is shown.
  static func shown(_ target: String) -> String {
    let path = target.prefix { $0 != "?" && $0 != "#" }
    let segments = path.split(separator: "/", maxSplits: 8, omittingEmptySubsequences: false)
    return segments.map { segment in
      let isPlain =
        segment.utf8.count <= 20
        && segment.utf8.allSatisfy { byte in
          byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
      return isPlain ? String(segment) : "…"
    }.joined(separator: "/")
  }
}
