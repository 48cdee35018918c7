package import AsyncHTTPClient
import DeviceProtocol
package import Foundation
import NIOCore
import NIOFoundationCompat
package import NIOHTTP1
import NIOPosix
import NIOSSL

/// Makes requests to the cloud or to its admin listener, and keeps what came back.
package struct HTTPExchange: Sendable {
  let client: HTTPClient
  let origin: String

  /// A complete answer.
  package struct Answer: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: Data

    package func decoded<Value: Decodable>(as type: Value.Type, from what: String) throws -> Value {
      do {
        return try JSONDecoder.snakeCase.decode(Value.self, from: self.body)
      } catch {
        throw LabError(.unexpectedAnswer, "\(what): the answer is not what was promised: \(error)")
      }
    }

    /// The members of an OAuth error; nil when the body is something else.
    package var refusal: Refusal? {
      try? JSONDecoder.snakeCase.decode(Refusal.self, from: self.body)
    }
  }

  package struct Refusal: Decodable, Equatable, Sendable {
    package let error: String
    package let errorDescription: String?
    package let reason: String?
  }

  /// A client that trusts only this authority, if one is named, and follows no redirect.
  package static func client(trusting authority: String?) throws
    -> HTTPClient
  {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let authority {
      try Self.checkCertificates(of: authority)
      tls.trustRoots = .file(authority)
    }
    return HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: .init(
        tlsConfiguration: tls, redirectConfiguration: .disallow,
        timeout: .init(connect: .seconds(5)),
        connectionPool: .init(
          idleTimeout: .seconds(60), concurrentHTTP1ConnectionsPerHostSoftLimit: 256)))
  }

  package init(client: HTTPClient, origin: String) {
    self.client = client
    self.origin = origin
  }

  /// - Returns: The answer; of an event stream its head.
  /// - Throws: `LabError` that names method and path when there is no complete answer.
  package func send(
    _ method: HTTPMethod, _ path: String, bearer: String? = nil, json: (any Encodable)? = nil,
    form: [(String, String)]? = nil, cookie: String? = nil, timeoutSeconds: Int64 = 15
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: self.origin + path)
    request.method = method
    if let bearer { request.headers.add(name: "Authorization", value: "Bearer \(bearer)") }
    if let cookie { request.headers.add(name: "Cookie", value: cookie) }
    if let json {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(try JSONEncoder.snakeCase.encode(json))
    }
    if let form {
      request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
      request.body = .bytes(Array(FormEncoding.text(form).utf8))
    }
    do {
      let response = try await self.client.execute(request, timeout: .seconds(timeoutSeconds))
      let isStream = response.headers.first(name: "Content-Type")?.hasPrefix("text/event-stream")
      // A stream has no end to wait for.
      let body =
        isStream == true ? ByteBuffer() : try await response.body.collect(upTo: 64 << 20)
      return Answer(
        status: Int(response.status.code), headers: response.headers,
        body: Data(buffer: body))
    } catch {
      let route = path.prefix { $0 != "?" }
      throw LabError(
        .unexpectedAnswer,
        self.isRefused(error)
          ? "nobody listens on \(self.place); is `relink cloud` running, and on this port?"
          : "\(method) \(self.origin)\(route): \(Self.reason(of: error))")
    }
  }
}

extension HTTPExchange {
  /// Whom connections go to, as in `127.0.0.1:8444`.
  private var place: String {
    self.origin.firstRange(of: "://").map { String(self.origin[$0.upperBound...]) } ?? self.origin
  }

  private func isRefused(_ error: any Error) -> Bool {
    error is NIOConnectionError || (error as? IOError)?.errnoCode == ECONNREFUSED
  }

  /// - Throws: `LabError` that names the file, which the first connection would not.
  private static func checkCertificates(of file: String) throws(LabError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: file))
    } catch {
      throw LabError(
        .file, "the authority's certificate \(file) can't be read: \(PlainError.text(of: error))")
    }
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(data)),
      !certificates.isEmpty
    else {
      throw LabError(.file, "the authority's file \(file) holds no certificate in PEM")
    }
  }

  /// Why there is no complete answer, in words.
  private static func reason(of error: any Error) -> String {
    switch error {
    case let error as IOError:
      return "the connection failed: \(String(cString: strerror(error.errnoCode)))"
    case NIOSSLError.handshakeFailed, is NIOSSLExtraError:
      return "TLS failed; is the certificate of the authority that is trusted (--ca)?"
    case let error as HTTPClientError
    where [.connectTimeout, .deadlineExceeded, .readTimeout].contains(error):
      return "no answer in time"
    case let error as HTTPClientError where error == .remoteConnectionClosed:
      return
        "the connection was closed without an answer; did the cloud stop, or is the scheme wrong (https, http)?"
    case let error as HTTPClientError
    where [.invalidURL, .emptyHost, .missingSocketPath, .emptyScheme].contains(error):
      return "that is no origin such as https://127.0.0.1:8443"
    case let error as IOError:
      return "no complete answer: \(String(cString: strerror(error.errnoCode)))"
    default:
      return "no complete answer: \(error)"
    }
  }
}

extension JSONDecoder {
  static var snakeCase: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}

extension JSONEncoder {
  static var snakeCase: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }
}

extension FormEncoding {
  /// A form or a query of these fields.
  static func text(_ fields: [(String, String)]) -> String {
    String(
      decoding: Self.encode(
        fields.map { FormField(name: Array($0.0.utf8), value: Array($0.1.utf8)) }), as: UTF8.self)
  }
}
