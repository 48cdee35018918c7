import DeviceProtocol
import Hummingbird

/// The parameters of a query or of an `application/x-www-form-urlencoded` body.
///
/// Strict where browsers are lenient: an octet that should have been encoded, an escape that is cut
/// short, text that is not UTF-8 and a parameter that comes twice (RFC 6749 §3.1) are refused.
struct Form: Sendable {
  private let values: [String: String]

  /// More than these are refused; the longest request here has eight.
  static let maximumParameterCount = 64

  /// - Throws: `HTTPFailure.invalidRequest`; it names the parameter, never its value.
  init(parsing bytes: [UInt8]) throws(HTTPFailure) {
    guard bytes.allSatisfy(\.isVisibleASCII) else {
      throw .invalidRequest("the form has an octet that must be percent-encoded")
    }
    guard let fields = FormEncoding.decode(bytes) else {
      throw .invalidRequest("bad percent-encoding in the form")
    }
    guard fields.count <= Self.maximumParameterCount else {
      throw .invalidRequest("the form has more than \(Self.maximumParameterCount) parameters")
    }
    var values: [String: String] = [:]
    for field in fields {
      guard let name = String(validating: field.name, as: UTF8.self) else {
        throw .invalidRequest("the name of a parameter is not UTF-8")
      }
      guard let value = String(validating: field.value, as: UTF8.self) else {
        throw .invalidRequest("parameter '\(name.escapedForAnswer)' is not UTF-8")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .invalidRequest("parameter '\(name.escapedForAnswer)' comes more than once")
      }
    }
    self.values = values
  }

  /// Nil for a parameter that is absent or empty, which is the same (RFC 6749 §3.1).
  subscript(_ name: String) -> String? {
    guard let value = self.values[name], !value.isEmpty else { return nil }
    return value
  }

  /// One that is not expected; of several, the first in order.
  func firstName(notIn names: Set<String>) -> String? {
    self.values.keys.filter { !names.contains($0) }.min()
  }

  /// - Throws: `HTTPFailure.invalidRequest` when absent or empty.
  func require(_ name: String) throws(HTTPFailure) -> String {
    guard let value = self[name] else { throw .invalidRequest("missing parameter '\(name)'") }
    return value
  }
}

extension Request {
  func query() throws(HTTPFailure) -> Form {
    try Form(parsing: Array((self.uri.query ?? "").utf8))
  }

  /// - Throws: `HTTPFailure.invalidRequest` for a parameter of another name: a misspelt filter would
  ///   find too much, and a removal take too much. One without a value is refused for the same reason.
  func checkQuery(hasOnly names: Set<String>) throws(HTTPFailure) {
    let bytes = Array((self.uri.query ?? "").utf8)
    let query = try self.query()
    if let empty = FormEncoding.decode(bytes)?.first(where: { $0.value.isEmpty }) {
      let name = String(decoding: empty.name, as: UTF8.self)
      throw .invalidRequest("the parameter '\(name.escapedForAnswer)' has no value")
    }
    if let name = query.firstName(notIn: names) {
      throw .invalidRequest("there is no parameter '\(name.escapedForAnswer)' here")
    }
  }

  /// The query's `limit`.
  ///
  /// - Parameter standard: What an absent one means; the largest when nil.
  /// - Throws: `HTTPFailure.invalidRequest` unless it is 1 to `largest`.
  func limit(upTo largest: Int, default standard: Int? = nil) throws(HTTPFailure) -> Int {
    guard let text = try self.query()["limit"] else { return standard ?? largest }
    guard let number = Int(text), (1...largest).contains(number) else {
      throw .invalidRequest("parameter 'limit' must be 1 to \(largest)")
    }
    return number
  }

  /// The query's parameter of this name; nil when it is absent.
  ///
  /// - Throws: `HTTPFailure.invalidRequest` unless it is 1 or more.
  func queryNumber(_ name: String) throws(HTTPFailure) -> UInt64? {
    guard let text = try self.query()[name] else { return nil }
    guard let number = UInt64(text), number > 0 else {
      throw .invalidRequest("parameter '\(name)' must be a number from 1 on")
    }
    return number
  }
}
