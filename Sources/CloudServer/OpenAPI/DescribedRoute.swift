import CloudCore

/// Who may call a route.
enum RouteAccess: Equatable, Sendable {
  case anybody
  /// Whoever has an access token of one of these kinds of client.
  case accessToken(Set<ClientKind>)
  /// Whoever has the admin token, under a name of this machine's loopback.
  case adminToken
  /// Anybody, under a name of this machine's loopback.
  case loopbackName
}

/// A route with all that a document says of it.
struct DescribedRoute: Sendable {
  let route: Route
  let access: RouteAccess
  let operation: RouteOperation

  /// In ascending order of status. Those that come from what the route is have a name, under which
  /// the document has them once.
  var answers: [(answer: RouteOperation.Answer, component: String?)] {
    let own = self.operation.answers
    let ownStatuses = Set(own.map(\.status))
    let common = self.commonAnswers.filter { !ownStatuses.contains($0.answer.status) }
    return (own.map { ($0, nil) } + common.map { ($0.answer, $0.component) })
      .sorted { $0.0.status < $1.0.status }
  }

  private var commonAnswers: [CommonAnswer] {
    var answers = CommonAnswer.ofEveryRoute
    switch self.access {
    case .anybody: break
    case .accessToken(let kinds):
      answers.append(.noAccessToken)
      if kinds != Set(ClientKind.allCases) { answers.append(.wrongKind) }
    case .adminToken: answers += [.noAdminToken, .foreignHost]
    case .loopbackName: answers.append(.foreignHost)
    }
    if self.route.path.contains("{") { answers.append(.notFound) }
    if let body = self.operation.body {
      answers.append(.bodyTooLarge)
      if body.isRequired { answers.append(.otherMediaType) }
    }
    return answers
  }
}

/// An answer that comes from what a route is.
struct CommonAnswer: Sendable {
  let component: String
  let answer: RouteOperation.Answer

  init(_ component: String, _ answer: RouteOperation.Answer) {
    self.component = component
    self.answer = answer
  }

  static let ofEveryRoute = [
    Self(
      "BadRequest",
      .refusal(
        400,
        "The request is malformed: its HTTP, a parameter or the body; the description names "
          + "what is wrong.")),
    Self(
      "HeaderTooLarge",
      .refusal(431, "The header of the request is over the limit. The connection is closed.")),
    Self(
      "ServerError",
      .refusal(500, "The cloud has a defect; its log says more.")),
    Self(
      "Unavailable",
      .refusal(
        503, "The store failed, there is too much to do, or the cloud is stopping.",
        headers: [.retryAfter])),
  ]

  static let noAccessToken = Self(
    "NoAccessToken",
    .refusal(
      401, "There is no access token, or it or its proof is not accepted; `reason` says why.",
      headers: [.challenge, .dpopNonce.optional]))
  static let wrongKind = Self(
    "WrongKind",
    .refusal(
      403, "The access token is good, but not of a kind of client that may do this.",
      headers: [.challenge]))
  static let noAdminToken = Self(
    "NoAdminToken",
    .refusal(401, "There is no admin token, or another's.", headers: [.challenge]))
  static let foreignHost = Self(
    "ForeignHost",
    .refusal(421, "The `Host` of the request is no name of a loopback address."))
  static let bodyTooLarge = Self(
    "BodyTooLarge", .refusal(413, "The body is larger than the limit, which is named."))
  static let otherMediaType = Self(
    "OtherMediaType",
    .refusal(415, "The body's `Content-Type` is not the one that is needed, which is named."))
  static let notFound = Self(
    "NotFound", .refusal(404, "There is no such thing, or it is none of the caller's."))

  /// Not of a route: at a path of one, with another method.
  static let methodNotAllowed = Self(
    "MethodNotAllowed",
    .refusal(
      405, "The path takes other methods.",
      headers: [
        .init(
          name: "Allow", description: "The methods that the path takes, in alphabetical order.",
          schema: .string(pattern: "^[A-Z]+(, [A-Z]+)*$"))
      ]))
}
