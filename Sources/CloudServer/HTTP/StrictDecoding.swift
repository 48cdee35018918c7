import DeviceProtocol
import Foundation
import NIOCore

/// A JSON body whose members are all known: one that is not refuses the whole body.
///
/// `Member` is the type's `CodingKeys`.
protocol StrictBody: Decodable, Sendable {
  associatedtype Member: CodingKey & CaseIterable
}

/// Decodes `Body` after it has seen that the object has no member that `Body` does not know.
struct Strict<Body: StrictBody>: Decodable, Sendable {
  let body: Body

  init(from decoder: any Decoder) throws {
    let known = Set(Body.Member.allCases.map(\.stringValue))
    let container = try decoder.container(keyedBy: AnyMember.self)
    if let unknown = container.allKeys.first(where: { !known.contains($0.stringValue) }) {
      throw UnknownMember(path: decoder.codingPath, name: unknown.stringValue)
    }
    self.body = try Body(from: decoder)
  }
}

/// An integer in a body. Foundation does not say which member is out of range; this does.
struct WholeNumber<Value: FixedWidthInteger & Codable & Sendable>: Codable, Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self.value = try container.decode(Value.self)
    } catch let error as DecodingError {
      throw error
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "out of range")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(self.value)
  }
}

/// A word of a fixed list.
struct Word<Value: RawRepresentable<String> & CaseIterable & Sendable>: Decodable, Sendable {
  let value: Value

  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Value(rawValue: text) else {
      let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw BadMember(path: decoder.codingPath, detail: "must be one of \(words)")
    }
    self.value = value
  }
}

/// A member whose value has the right type and is still wrong.
struct BadMember: Error {
  let path: [any CodingKey]
  /// As in "must be positive"; never the value.
  let detail: String
}

/// Why a body was refused, in words that name the member.
struct StrictDecodingError: Error, Equatable {
  let description: String
}

private struct AnyMember: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

private struct UnknownMember: Error {
  let path: [any CodingKey]
  let name: String
}

/// Reads a JSON body.
///
/// - Throws: `HTTPFailure.invalidRequest` that names the member, never its value: it may be a
///   password.
func decodeStrictly<Body: StrictBody>(_ type: Body.Type, from bytes: ByteBuffer) throws -> Body {
  do {
    return try decodeStrictly(type, from: Data(bytes.readableBytesView), called: "the body")
  } catch let error as StrictDecodingError {
    throw HTTPFailure.invalidRequest(error.description)
  }
}

/// As above, of a file or whatever else there is.
///
/// - Throws: `StrictDecodingError`, and what the body's own decoding throws.
func decodeStrictly<Body: StrictBody>(
  _ type: Body.Type, from data: Data, called whole: String
) throws -> Body {
  try refuseBadJSON(Array(data), called: whole)
  do {
    return try JSONDecoder().decode(Strict<Body>.self, from: data).body
  } catch let error as UnknownMember {
    let name = memberPath(error.path, error.name.escapedForAnswer)
    throw StrictDecodingError(description: "unknown member \(name)")
  } catch let error as BadMember {
    throw StrictDecodingError(description: "member \(memberPath(error.path)) \(error.detail)")
  } catch let error as DecodingError {
    throw StrictDecodingError(description: description(of: error, in: whole))
  }
}

/// Foundation takes the first of two members of one name, and a comma after the last; who reads the
/// same text may take another (RFC 8259 §4).
private func refuseBadJSON(_ bytes: [UInt8], called whole: String) throws(StrictDecodingError) {
  do {
    _ = try JSONValue(parsing: bytes)
  } catch {
    let offset = error.offset.map { Int($0) } ?? bytes.count
    let line = 1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
    guard case .duplicateKey = error else {
      // A body of one line has no other.
      let place = bytes.contains(UInt8(ascii: "\n")) ? ": see line \(line)" : ""
      throw StrictDecodingError(description: "\(whole) is not valid JSON\(place)")
    }
    let name = memberPath([], memberName(in: bytes, at: offset).escapedForAnswer)
    throw StrictDecodingError(description: "member \(name) comes twice, again in line \(line)")
  }
}

extension JSONError {
  /// Nil at the end.
  fileprivate var offset: UInt32? {
    switch self {
    case .unexpectedEnd: nil
    case .unexpectedByte(let offset), .badUTF8(let offset), .badEscape(let offset),
      .duplicateKey(let offset), .tooDeep(let offset):
      offset
    }
  }
}

/// - Parameter offset: Of the quotation mark at which it begins.
private func memberName(in bytes: [UInt8], at offset: Int) -> String {
  var end = offset + 1
  while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
    end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
  }
  guard end < bytes.count,
    case .string(let name)? = try? JSONValue(parsing: Array(bytes[offset...end]))
  else { return "" }
  return String(decoding: name, as: UTF8.self)
}

private func description(of error: DecodingError, in whole: String) -> String {
  switch error {
  case .keyNotFound(let key, let context):
    "missing member \(memberPath(context.codingPath, key.stringValue))"
  case .valueNotFound(_, let context):
    context.codingPath.isEmpty
      ? "\(whole) is not a JSON object" : "member \(memberPath(context.codingPath)) is null"
  case .typeMismatch(_, let context):
    context.codingPath.isEmpty
      ? "\(whole) is not a JSON object"
      : "member \(memberPath(context.codingPath)) has the wrong type"
  case .dataCorrupted(let context):
    context.codingPath.isEmpty
      ? "\(whole) is not valid JSON"
      : "member \(memberPath(context.codingPath)) has a value that is not allowed"
  @unknown default:
    "\(whole) cannot be read"
  }
}

/// As in `'motions[3].sequence'`.
private func memberPath(_ path: [any CodingKey], _ last: String? = nil) -> String {
  var text = ""
  for key in path {
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
    }
  }
  if let last { text += text.isEmpty ? last : ".\(last)" }
  return "'\(text)'"
}

extension String {
  /// Its first 64 bytes at most, so that an answer does not carry back whatever was sent. Bytes that
  /// an `error_description` may not have (RFC 6749 §5.2), and the quotation mark around this text,
  /// are percent-encoded.
  var escapedForAnswer: String {
    let escaped = self.utf8.prefix(64).map { byte in
      byte.isPrintableASCII && !"\"'%\\".utf8.contains(byte)
        ? String(UnicodeScalar(byte))
        : "%" + String(decoding: Hexadecimal.encode([byte]), as: UTF8.self).uppercased()
    }
    return escaped.joined() + (self.utf8.count > 64 ? "..." : "")
  }
}
