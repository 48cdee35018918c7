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
  case jwks
  case deviceAuthorization
  case devicePage
  case deviceDecision

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
    case .jwks: Route(.get, "/oauth/jwks")
    case .deviceAuthorization: Route(.post, "/oauth/device_authorization")
    case .devicePage: Route(.get, "/device")
    case .deviceDecision: Route(.post, "/device")
    }
  }

  var operation: RouteOperation {
    switch self {
    case .health: .health
    case .metadata: .metadata
    case .register: .register
    case .authorizationForm: .showAuthorizationForm
    case .authorizationDecision: .decideAuthorization
    case .token: .token
    case .revoke: .revoke
    case .introspect: .introspect
    case .jwks: .showKeys
    case .deviceAuthorization: .beginDeviceAuthorization
    case .devicePage: .showDevicePage
    case .deviceDecision: .decideDevice
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
    for route in OpenRoute.allCases {
      self.table.add(
        DescribedRoute(route: route.route, access: .anybody, operation: route.operation),
        handler: open(route))
    }
  }

  /// Adds a route that these kinds of client may call.
  mutating func add(
    _ method: HTTPRequest.Method, _ path: String, for kinds: Set<ClientKind>,
    as operation: RouteOperation, handler: @escaping Handler
  ) {
    let check = self.check
    self.table.add(
      DescribedRoute(
        route: Route(method, path), access: .accessToken(kinds), operation: operation)
    ) { request, context in
      try await handler(try await check(request, context, kinds), request, context)
    }
  }

  /// All of them, for faults.
  var list: [FaultRoute] {
    let document = RouteTable.documentRoute
    return self.table.list + [FaultRoute(method: document.method.rawValue, path: document.path)]
  }

  /// - Parameters:
  ///   - faults: What is ordered to become of requests.
  ///   - journal: Where every request is noted.
  consuming func responder(
    logger: Logger, faults: RequestFaults, journal: RequestJournal, clock: @escaping WallClock,
    metrics: HTTPMetrics
  ) -> CloudResponder {
    var responder = self.table.responder(
      for: .publicListener, access: .anybody, faults: faults, metrics: metrics, logger: logger
    ) { _ in }
    responder.journal = journal
    responder.clock = clock
    return responder
  }
}

/// The routes of the admin listener; a handler takes an `Operator`, which only the check of the
/// admin token makes.
struct AdminRoutes {
  typealias Handler = @Sendable (Operator, Request, CloudRequestContext) async throws -> Response

  private var table = RouteTable()
  private let gate: AdminGate

  init(gate: AdminGate) { self.gate = gate }

  /// Adds a route whose query may have the operation's parameters and no others.
  mutating func add(
    _ method: HTTPRequest.Method, _ path: String, as operation: RouteOperation,
    handler: @escaping Handler
  ) {
    let gate = self.gate
    let names = Set(operation.parameters.filter { $0.place == .query }.map(\.name))
    self.table.add(
      DescribedRoute(route: Route(method, path), access: .adminToken, operation: operation)
    ) { request, context in
      let caller = try gate.check(request)
      try request.checkQuery(hasOnly: names)
      return try await handler(caller, request, context)
    }
  }

  /// The document needs no token: it says nothing of this cloud, and tools that read one from an
  /// address send none.
  consuming func responder(logger: Logger, metrics: HTTPMetrics) -> CloudResponder {
    let gate = self.gate
    return self.table.responder(
      for: .adminListener, access: .loopbackName, metrics: metrics, logger: logger
    ) {
      try gate.checkName(of: $0)
    }
  }
}

/// What a listener serves, whoever may call it.
private struct RouteTable {
  static let documentRoute = Route(.get, "/openapi.json")

  private let router = Router(context: CloudRequestContext.self)
  private var paths = KnownPaths()
  private var routes: [DescribedRoute] = []

  mutating func add(_ described: DescribedRoute, handler: @escaping PublicRoutes.OpenHandler) {
    let route = described.route
    self.routes.append(described)
    self.paths.insert(route)
    self.router.on(RouterPath(route.path), method: route.method) { request, context in
      context.note.add { $0.route = route.path }
      return try await handler(request, context)
    }
  }

  var list: [FaultRoute] { self.paths.list }

  /// Adds the document of all routes, itself among them.
  ///
  /// - Parameters:
  ///   - access: Who may read the document.
  ///   - check: Refuses everybody else.
  consuming func responder(
    for listener: ListenerDescription, access: RouteAccess, faults: RequestFaults? = nil,
    metrics: HTTPMetrics, logger: Logger,
    check: @escaping @Sendable (Request) throws -> Void
  ) -> CloudResponder {
    let own = DescribedRoute(
      route: Self.documentRoute, access: access, operation: .openAPIDocument)
    let document = OpenAPIDocument(listener, routes: self.routes + [own])
    self.add(own) { request, _ in
      try check(request)
      return document.response(to: request)
    }
    return CloudResponder(
      routes: self.router.buildResponder(), described: self.routes, document: document,
      paths: self.paths, faults: faults, metrics: metrics, logger: logger)
  }
}

/// Which methods a path takes, to tell 405 from 404.
struct KnownPaths: Sendable {
  private var routes: [(segments: [Substring], method: HTTPRequest.Method)] = []

  mutating func insert(_ route: Route) {
    self.routes.append((route.path.split(separator: "/"), route.method))
  }

  var list: [FaultRoute] {
    self.routes.map {
      FaultRoute(method: $0.method.rawValue, path: "/" + $0.segments.joined(separator: "/"))
    }
  }

  /// The pattern of the route; nil when there is none.
  func pattern(of method: HTTPRequest.Method, _ path: String) -> String? {
    let segments = path.split(separator: "/")
    let routes = self.routes(at: segments).filter { $0.method == method }
    return routes.first.map { "/" + $0.segments.joined(separator: "/") }
  }

  /// Empty when no route has this path.
  func methods(at path: String) -> [HTTPRequest.Method] {
    self.routes(at: path.split(separator: "/")).map(\.method)
  }

  private func routes(
    at segments: [Substring]
  ) -> [(segments: [Substring], method: HTTPRequest.Method)] {
    let routes = self.routes.filter { known in
      known.segments.count == segments.count
        && zip(known.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    // To the router one without variables comes first, whatever the method.
    let literal = routes.filter { $0.segments == segments }
    return literal.isEmpty ? routes : literal
  }
}
