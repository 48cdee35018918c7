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
  /// Nil where no request is ever harmed on purpose.
  let faults: RequestFaults?
  let metrics: HTTPMetrics
  let logger: Logger
  /// Nil for requests that nobody asks for later.
  var journal: RequestJournal?
  var clock: WallClock = systemWallClock

  package func respond(
    to request: Request, context: CloudRequestContext
  ) async throws -> Response {
    let start = ContinuousClock.now
    let time = self.journal == nil ? nil : self.clock()
    let response =
      if let faults = self.faults, faults.areOrdered {
        try await faults.respond(
          to: request, shownPath: self.shownPath(of: request), context: context
        ) {
          try await self.answer(to: $0, context: context)
        } failure: {
          try self.answer(to: $0, of: request, context)
        }
      } else {
        try await self.answer(to: request, context: context)
      }
    let duration = ContinuousClock.now - start
    let route = self.pattern(of: request, context)
    // A fault may have answered in the route's stead.
    context.note.add { $0.route = $0.route ?? route }
    let isCut = context.note.all.isCut
    if !isCut {
      self.metrics.record(
        method: request.method.rawValue, route: route, status: response.status.code,
        duration: duration)
    }
    self.logger.debug(
      "request",
      metadata: [
        "method": "\(request.method)",
        "path": "\(route ?? RequestRecord.shown(request.uri.path))",
        "status": isCut ? "none" : "\(response.status.code)",
        "microseconds": "\(duration / .microseconds(1))",
        "peer": "\(context.connection.remoteAddress.text)",
      ])
    if let journal = self.journal, let time {
      if let rule = context.strike.ruleID { context.note.add { $0.fault = "\(rule)" } }
      journal.append(
        RequestRecord(
          request.head, at: time, duration: ContinuousClock.now - start,
          status: response.status.code, address: context.connection.remoteAddress,
          facts: context.note.all))
    }
    return response
  }

  /// The router notes it; where a fault answers, or there is no such route, it has not.
  private func pattern(of request: Request, _ context: CloudRequestContext) -> String? {
    let noted = context.endpointPath
    return noted == nil || noted == "NotFound"
      ? self.paths.pattern(of: request.method, request.uri.path) : noted
  }

  /// The pattern of the route, or as much as can be shown of a path that leads nowhere.
  private func shownPath(of request: Request) -> String {
    self.paths.pattern(of: request.method, request.uri.path)
      ?? RequestRecord.shown(request.uri.path)
  }

  private func answer(
    to request: Request, context: CloudRequestContext
  ) async throws -> Response {
    var response: Response
    do {
      response = try await self.routes.respond(to: request, context: context)
      if response.status == .notFound {
        // Handlers throw theirs: this is the router's, which takes another method for no route.
        throw self.noRouteFailure(for: request)
      }
    } catch {
      return try self.answer(to: error, of: request, context)
    }
    Self.addSecurityHeaders(to: &response.headers)
    return response
  }

  /// - Throws: The error, if the server answers it, and closes the connection.
  private func answer(
    to error: any Error, of request: Request, _ context: CloudRequestContext
  ) throws -> Response {
    if error is HTTPParserError { throw error }
    let failure = self.failure(of: error, request: request)
    let body = failure.answer.body
    context.note.add { $0.reason = body.reason ?? body.error }
    var response = try Response(failure)
    Self.addSecurityHeaders(to: &response.headers)
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
    case is CancellationError, is ConnectionIsClosed:
      return .unavailable("the cloud is stopping", retryAfterSeconds: 1)
    default:
      // Its type only: a description may carry what the peer sent.
      self.logger.error(
        "unexpected error",
        metadata: ["type": "\(type(of: error))", "path": "\(self.shownPath(of: request))"])
      return .unexpected
    }
  }

  static func addSecurityHeaders(to headers: inout HTTPFields) {
    headers[.xContentTypeOptions] = "nosniff"
    headers[.referrerPolicy] = "no-referrer"
    if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
  }
}

extension HTTPField.Name {
  static let pragma = Self("Pragma")!
  static let referrerPolicy = Self("Referrer-Policy")!
}
