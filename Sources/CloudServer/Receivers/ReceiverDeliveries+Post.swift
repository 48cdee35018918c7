import AsyncHTTPClient
import CloudCore
import Foundation
import NIOCore
import NIOHTTP1

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

  func post(
    _ event: NumberedSecurityEvent, to receiver: Receiver, by client: HTTPClient
  ) async -> PostResult {
    do {
      let token = try await self.service.write { cloud, transaction, now in
        var random = SystemRandomNumberGenerator()
        return try cloud.signed(event, for: receiver, in: transaction, at: now, random: &random)
      }
      var request = HTTPClientRequest(url: receiver.endpoint)
      request.method = .POST
      request.headers.add(name: "Content-Type", value: "application/secevent+jwt")
      request.headers.add(name: "Accept", value: "application/json")
      if let authorization = receiver.authorization {
        request.headers.add(name: "Authorization", value: authorization.text)
      }
      request.body = .bytes(ByteBuffer(string: token))
      let response = try await client.execute(
        request, deadline: .now() + TimeAmount(self.policy.answerTime))
      return await Self.result(of: response)
    } catch let error as HTTPClientError where error == .deadlineExceeded {
      return .failed("timed out", retryAfter: nil)
    } catch let error as HTTPClientError {
      return .failed("\(error.shortDescription)", retryAfter: nil)
    } catch {
      // Its type only: a description may carry the endpoint's query.
      return .failed("\(type(of: error))", retryAfter: nil)
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
}
