import CloudCore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

extension Response {
  /// The answer that a fault gives.
  init(_ answer: FaultAnswer) throws {
    let status = HTTPResponse.Status(code: answer.status)
    var headers = HTTPFields()
    for header in answer.headers {
      // `FaultSpecification.check` has refused what is no name.
      guard let name = HTTPField.Name(header.name) else { continue }
      headers.append(HTTPField(name: name, value: header.value))
    }
    if let body = answer.body {
      if headers[.contentType] == nil { headers[.contentType] = "application/json" }
      self.init(
        status: status, headers: headers,
        body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    } else if let error = Self.errorWord(of: answer.status) {
      self = try .json(
        ErrorBody(error, "a fault that was ordered"), status: status, headers: headers)
    } else {
      self.init(status: status, headers: headers)
    }
  }

  /// What an error of this status says by itself here; nil for what is no error.
  private static func errorWord(of status: Int) -> String? {
    switch status {
    case 429: "too_many_requests"
    case 400..<500: "invalid_request"
    case 500...: "temporarily_unavailable"
    default: nil
    }
  }

  /// Its status stays.
  ///
  /// - Parameter real: What is spoilt; nil, or a stream, for a made-up one.
  /// - Returns: Nil for one of a status that is answered without a body: there is nothing to spoil.
  static func spoilt(
    _ real: Response?, _ malformation: FaultMalformation
  ) async throws -> Response? {
    if let real, real.status == .noContent || real.status.kind == .redirection { return nil }
    var status = HTTPResponse.Status.ok
    var headers = HTTPFields()
    var body = ByteBuffer(string: #"{"status":"ok"}"#)
    if let real, real.headers[.contentType]?.hasPrefix("text/event-stream") != true {
      let collected = BodyCollector()
      try await real.body.write(BodyCollector.Writer(collector: collected))
      if collected.bytes.readableBytes > 0 { body = collected.bytes }
      (status, headers) = (real.status, real.headers)
    }
    headers[.contentLength] = nil
    if headers[.contentType] == nil { headers[.contentType] = "application/json" }
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: malformation.spoil(body)))
  }
}

extension FaultMalformation {
  fileprivate func spoil(_ body: ByteBuffer) -> ByteBuffer {
    switch self {
    case .truncated: body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? body
    case .notJSON: ByteBuffer(string: "<!DOCTYPE html><title>502</title><p>Bad gateway</p>")
    case .empty: ByteBuffer()
    case .wrongType: ByteBuffer(bytes: Self.withOtherTypes(Data(body.readableBytesView)))
    }
  }

  /// The same members, each of another type; another type itself if it is no object.
  private static func withOtherTypes(_ json: Data) -> Data {
    let value = try? JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
    guard let members = value as? [String: Any] else { return Data("[]".utf8) }
    let others = members.mapValues { value -> Any in
      switch value {
      case is String: 0
      case is [Any]: [String: Any]()
      case is [String: Any]: [Any]()
      default: "text"
      }
    }
    return (try? JSONSerialization.data(withJSONObject: others, options: .sortedKeys))
      ?? Data("[]".utf8)
  }
}

/// Keeps what a body writes.
private final class BodyCollector: Sendable {
  private let buffer = Mutex(ByteBuffer())
  var bytes: ByteBuffer { self.buffer.withLock { $0 } }

  struct Writer: ResponseBodyWriter {
    let collector: BodyCollector

    func write(_ buffer: ByteBuffer) async throws {
      self.collector.buffer.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}
