import CloudCore
import HTTPTypes
package import Hummingbird
import Logging
import NIOHTTP1

/// Answers a listener's requests: hands them to its routes, makes every failure an answer, and adds
/// the headers that all answers carry.
package struct CloudResponder: HTTPResponder {
  let routes: RouterResponder<CloudRequestContext>
  let described: [DescribedRoute]
  /// What `/openapi.json` answers.
  package let document: OpenAPIDocument
  let paths: KnownPaths
  let logger: Logger

  package func respond(
    to request: Request, context: CloudRequestContext
  ) async throws -> Response {
    let start = ContinuousClock.now
    var response: Response
    do {
      response = try await self.routes.respond(to: request, context: context)
      if response.status == .notFound {
        // Handlers throw theirs: this is the router's, which takes another method for no route.
        response = try Response(self.noRouteFailure(for: request))
      }
    } catch let error as HTTPParserError {
      // The server answers it and closes the connection.
      throw error
    } catch {
      response = try Response(self.failure(of: error, request: request))
    }
    Self.addSecurityHeaders(to: &response)
    self.logger.debug(
      "request",
      metadata: [
        "method": "\(request.method)",
        // Without its query, which may hold what no log should.
        "path": "\(request.uri.path)",
        "status": "\(response.status.code)",
        "microseconds": "\((ContinuousClock.now - start) / .microseconds(1))",
        "peer": "\(context.connection.remoteAddress.text)",
      ])
    return response
  }

  private func noRouteFailure(for request: Request) -> HTTPFailure {
    let methods = self.paths.methods(at: request.uri.path)
    return methods.isEmpty
      ? .notFound("there is nothing at this path") : .methodNotAllowed(allowed: methods)
  }

  private func failure(of error: any Error, request: Request) -> HTTPFailure {
    switch error {
    case let failure as HTTPFailure:
      return failure
    case let error as StoreError:
      self.logger.error("the store failed", metadata: ["error": "\(error)"])
      return .unavailable("the cloud's store failed", retryAfterSeconds: 5)
    case let error as PasswordHashError:
      self.logger.error("\(error)")
      return .unavailable("passwords cannot be checked now", retryAfterSeconds: 5)
    case is CancellationError:
      return .unavailable("the cloud is stopping", retryAfterSeconds: 1)
    default:
      // Its type only: a description may carry what the peer sent.
      self.logger.error(
        "unexpected error",
        metadata: ["type": "\(type(of: error))", "path": "\(request.uri.path)"])
      return .unexpected
    }
  }

  private static func addSecurityHeaders(to response: inout Response) {
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.referrerPolicy] = "no-referrer"
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
  }
}

extension HTTPField.Name {
  static let referrerPolicy = Self("Referrer-Policy")!
}
