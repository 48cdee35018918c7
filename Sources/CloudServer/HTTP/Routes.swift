import CloudCore
import HTTPTypes
import Hummingbird
import Logging

/// A method and a path, whose variable segments are in braces: `/v1/devices/{id}`.
struct Route: Hashable, Sendable {
  let method: HTTPRequest.Method
  let path: String

  init(_ method: HTTPRequest.Method, _ path: String) {
    self.method = method
    self.path = path
  }
}

/// The public listener's routes that need no access token. There are no others.
enum OpenRoute: CaseIterable {
  case health
  case metadata
  case register
  case authorizationForm
  case authorizationDecision
  case token
  case revoke
  case introspect

  var route: Route {
    switch self {
    case .health: Route(.get, "/health")
    case .metadata: Route(.get, "/.well-known/oauth-authorization-server")
    case .register: Route(.post, "/v1/accounts")
    case .authorizationForm: Route(.get, "/oauth/authorize")
    case .authorizationDecision: Route(.post, "/oauth/authorize")
    case .token: Route(.post, "/oauth/token")
    case .revoke: Route(.post, "/oauth/revoke")
    case .introspect: Route(.post, "/oauth/introspect")
    }
  }
}

/// The routes of the public listener. A handler is one of the listed open ones, or takes an
/// `Authenticated`, which only the check of an access token makes.
struct PublicRoutes {
  typealias OpenHandler = @Sendable (Request, CloudRequestContext) async throws -> Response
  typealias Handler =
    @Sendable (Authenticated, Request, CloudRequestContext) async throws -> Response
  typealias Check =
    @Sendable (Request, CloudRequestContext, Set<ClientKind>) async throws -> Authenticated

  private var table = RouteTable()
  private let check: Check

  /// - Parameters:
  ///   - check: Finds who calls, or throws an `HTTPFailure`.
  ///   - open: Gives every open route its handler.
  init(check: @escaping Check, open: (OpenRoute) -> OpenHandler) {
    self.check = check
    for route in OpenRoute.allCases { self.table.add(route.route, handler: open(route)) }
  }

  /// Adds a route that these kinds of client may call.
  mutating func add(
    _ method: HTTPRequest.Method, _ path: String, for kinds: Set<ClientKind>,
    handler: @escaping Handler
  ) {
    let check = self.check
    self.table.add(Route(method, path)) { request, context in
      try await handler(try await check(request, context, kinds), request, context)
    }
  }

  func responder(logger: Logger) -> CloudResponder { self.table.responder(logger: logger) }
}

/// The routes of the admin listener; a handler takes an `Operator`, which only the check of the
/// admin token makes.
struct AdminRoutes {
  typealias Handler = @Sendable (Operator, Request, CloudRequestContext) async throws -> Response

  private var table = RouteTable()
  private let gate: AdminGate

  init(gate: AdminGate) { self.gate = gate }

  mutating func add(_ method: HTTPRequest.Method, _ path: String, handler: @escaping Handler) {
    let gate = self.gate
    self.table.add(Route(method, path)) { request, context in
      try await handler(try gate.check(request), request, context)
    }
  }

  func responder(logger: Logger) -> CloudResponder { self.table.responder(logger: logger) }
}

/// What a listener serves, whoever may call it.
private struct RouteTable {
  private let router = Router(context: CloudRequestContext.self)
  private var paths = KnownPaths()

  mutating func add(_ route: Route, handler: @escaping PublicRoutes.OpenHandler) {
    self.paths.insert(route)
    self.router.on(RouterPath(route.path), method: route.method, use: handler)
  }

  func responder(logger: Logger) -> CloudResponder {
    CloudResponder(routes: self.router.buildResponder(), paths: self.paths, logger: logger)
  }
}

/// Which methods a path takes, to tell 405 from 404.
struct KnownPaths: Sendable {
  private var routes: [(segments: [Substring], method: HTTPRequest.Method)] = []

  mutating func insert(_ route: Route) {
    self.routes.append((route.path.split(separator: "/"), route.method))
  }

  /// Empty when no route has this path.
  func methods(at path: String) -> [HTTPRequest.Method] {
    let segments = path.split(separator: "/")
    return self.routes
      .filter { known in
        known.segments.count == segments.count
          && zip(known.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
      }
      .map(\.method)
  }
}
