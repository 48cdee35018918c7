import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
  /// Reads a JSON body.
  ///
  /// - Throws: `HTTPFailure`: another content type, too large, or not of the body's shape.
  func json<Body: StrictBody>(_ type: Body.Type, upTo byteCount: Int) async throws -> Body {
    let bytes = try await self.body(contentType: "application/json", upTo: byteCount)
    guard bytes.readableBytes > Self.largeByteCount else {
      return try decodeStrictly(type, from: bytes)
    }
    return try await offEventLoop { try decodeStrictly(type, from: bytes) }
  }

  /// What is larger would hold up the other connections of the event loop.
  private static var largeByteCount: Int { 256 * 1_024 }

  /// Reads a form.
  ///
  /// - Throws: `HTTPFailure`: another content type, too large, or malformed.
  func form(upTo byteCount: Int) async throws -> Form {
    let contentType = "application/x-www-form-urlencoded"
    let bytes = try await self.body(contentType: contentType, upTo: byteCount)
    return try Form(parsing: Array(bytes.readableBytesView))
  }

  private func body(contentType: String, upTo byteCount: Int) async throws -> ByteBuffer {
    guard self.headers[.contentType]?.isMediaType(contentType) == true else {
      throw HTTPFailure.unsupportedContentType(expected: contentType)
    }
    do {
      return try await self.body.collect(upTo: byteCount)
    } catch is NIOTooManyBytesError {
      throw HTTPFailure.bodyTooLarge(limitByteCount: byteCount)
    }
  }
}

extension String {
  /// Whether this `Content-Type` names the media type, whatever its parameters but a charset that
  /// is not UTF-8.
  fileprivate func isMediaType(_ mediaType: String) -> Bool {
    let parts = self.lowercased().split(separator: ";", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    guard parts.first == mediaType else { return false }
    return parts.dropFirst().allSatisfy { parameter in
      !parameter.hasPrefix("charset=")
        || ["charset=utf-8", "charset=\"utf-8\""].contains(parameter)
    }
  }
}

extension Response {
  /// An answer in JSON, its members sorted.
  static func json(
    _ body: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(body))))
  }

  init(_ failure: HTTPFailure) throws {
    let answer = failure.answer
    self = try .json(answer.body, status: answer.status, headers: answer.headers)
  }

  static let noContent = Response(status: .noContent)
}
