import AsyncHTTPClient
import CloudCore
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension ReceiverDeliveries {
  /// What a receiver answered to one request (RFC 8935 §2).
  enum PostResult: Equatable {
    case accepted
    /// 400, for good. A word of the table of RFC 8935 §2.4, or `unknown_error`.
    case refused(String)
    /// Any other answer, or none.
    case failed(String, retryAfter: Duration?)
  }

  private static let longestRetryAfterSeconds = 3_600

  /// RFC 8935 §2.1.
  func post(
    _ event: SignedSecurityEvent, to receiver: Receiver, by client: HTTPClient
  ) async -> PostResult {
    // To the client some are no error, but the end of the process: a port that is none.
    guard receiver.hasAllowedEndpoint else {
      return .failed("its endpoint is none that events can go to", retryAfter: nil)
    }
    var request = HTTPClientRequest(url: receiver.endpoint)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/secevent+jwt")
    request.headers.add(name: "Accept", value: "application/json")
    if let authorization = event.authorization {
      request.headers.add(name: "Authorization", value: authorization.text)
    }
    request.body = .bytes(ByteBuffer(string: event.token))
    do {
      return try await self.answer(to: request, by: client)
    } catch {
      return .failed(Self.cause(of: error), retryAfter: nil)
    }
  }

  /// The time is for the whole answer: a body that trickles in holds nobody up either.
  private func answer(
    to request: HTTPClientRequest, by client: HTTPClient
  ) async throws -> PostResult {
    let limit = self.policy.answerTime
    return try await withThrowingTaskGroup(of: PostResult.self) { group in
      group.addTask {
        await Self.result(of: try await client.execute(request, timeout: TimeAmount(limit)))
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return .failed(Self.timedOut, retryAfter: nil)
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw CancellationError() }
      return result
    }
  }

  private static func result(of response: HTTPClientResponse) async -> PostResult {
    // The connection can be used again once the body is read; one that is long is cut.
    let body = try? await response.body.collect(upTo: 16 * 1_024)
    switch response.status.code {
    case 200..<300: return .accepted
    case 400: return .refused(self.errorWord(in: body))
    default:
      let seconds = response.headers.first(name: "Retry-After").flatMap { Int($0) }
        .map { min(max($0, 0), self.longestRetryAfterSeconds) }
      return .failed("status \(response.status.code)", retryAfter: seconds.map { .seconds($0) })
    }
  }

  /// RFC 8935 §2.4. What else a receiver may say is not passed on.
  private static func errorWord(in body: ByteBuffer?) -> String {
    struct Body: Decodable { let err: String }
    let known = [
      "invalid_request", "invalid_key", "invalid_issuer", "invalid_audience",
      "authentication_failed", "access_denied",
    ]
    guard let body,
      let word = try? JSONDecoder().decode(Body.self, from: Data(body.readableBytesView)).err,
      known.contains(word)
    else { return "unknown_error" }
    return word
  }

  // MARK: No answer

  private static let timedOut = "no answer in time"

  private static func cause(of error: any Error) -> String {
    switch error {
    case let error as HTTPClientError:
      let timeouts = [
        HTTPClientError.deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout,
      ]
      return timeouts.contains(error) ? self.timedOut : error.shortDescription
    case is NIOConnectionError, is IOError: return "no connection"
    case is NIOSSLError, is BoringSSLError: return "no trust in its certificate, or no TLS"
    // Its type only: a description may carry the endpoint's query.
    default: return "\(type(of: error))"
    }
  }
}
