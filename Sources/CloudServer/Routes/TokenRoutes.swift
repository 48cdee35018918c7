import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import Logging

extension CloudService {
  /// `POST /oauth/token`
  @Sendable func token(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    let credentials = try ClientCredentials(request, form)
    let tokenRequest = try TokenRequest(form, clientID: credentials.clientID)
    context.note.add(tokenRequest, by: self.cloud.client(id: tokenRequest.clientID))
    let certificate = try await context.connection.deviceCertificate()
    let proof: TakenProof?
    do throws(ProofRefusal) {
      proof = try self.proof(of: request)
    } catch {
      // What it came with is told as that of every refused request.
      if case .refreshToken(let token, _) = tokenRequest {
        try await self.note(token, kind: .refresh, in: context.note)
      }
      self.count(error.reason.rawValue, of: tokenRequest)
      throw HTTPFailure.proofRefused(error, isAtResource: false)
    }
    let dpopKey = proof?.keyThumbprint

    let address = context.connection.remoteAddress
    let (outcome, refused) = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      let outcome = try cloud.token(
        tokenRequest, certificate: certificate, secret: credentials.secret, dpopKey: dpopKey,
        from: address,
        in: transaction, at: now, random: &random)
      guard case .refused = outcome.answer, case .refreshToken(let token, _) = tokenRequest else {
        return (outcome, nil as TokenInspection?)
      }
      // Whoever is refused may have shown a good one of another's.
      return (
        outcome, try cloud.inspect(token, kind: .refresh, in: transaction, at: now)
      )
    }
    if let refused { context.note.add(refused, kind: self.kind(of: refused)) }
    context.note.add(outcome, of: tokenRequest.grantName)
    await self.announce(outcome.events)
    self.count(outcome.answer.metricWord, of: tokenRequest)

    switch outcome.answer {
    case .granted(let tokens):
      var headers: HTTPFields = [.pragma: "no-cache"]
      if let nonce = proof?.nextNonce { headers[.dpopNonce] = nonce }
      return try .json(TokenBody(tokens: tokens), headers: headers)
    case .refused(let refusal): throw HTTPFailure.grantRefused(refusal, to: request)
    }
  }

  private func count(_ outcome: String, of request: TokenRequest) {
    switch request {
    case .authorizationCode: self.metrics.grants.increment("authorization_code", outcome)
    case .deviceCode: self.metrics.grants.increment("device_code", outcome)
    case .pairing: self.metrics.grants.increment("pairing", outcome)
    case .relink: self.metrics.grants.increment("relink", outcome)
    case .refreshToken(_, let client):
      self.metrics.grants.increment("refresh_token", outcome)
      let kind = self.cloud.kind(ofClient: client)?.rawValue ?? "unknown"
      self.metrics.refreshes.increment(outcome, kind)
    }
  }

  /// `POST /oauth/revoke` (RFC 7009): 200 also for a token that is unknown or dead,
  /// 400 for another client's.
  @Sendable func revoke(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    let token = Secret(try form.require("token"))
    let credentials = try ClientCredentials(request, form)
    context.note.add { $0.client = self.cloud.client(id: credentials.clientID)?.id }
    let certificate = try await context.connection.deviceCertificate()
    let origin = EventOrigin.client(
      context.connection.remoteAddress, certificate: certificate?.thumbprint)
    let (outcome, revoked) = try await self.write { cloud, transaction, now in
      // As it was before.
      let revoked = try cloud.inspect(token, in: transaction, at: now)
      let outcome = try cloud.revoke(
        token, clientID: credentials.clientID, certificate: certificate,
        secret: credentials.secret, in: transaction, at: now)
      if case .done(let events) = outcome {
        try cloud.note(events, from: origin, in: transaction, at: now)
      }
      return (outcome, revoked)
    }
    context.note.add(revoked, kind: self.kind(of: revoked))
    switch outcome {
    case .done(let events):
      await self.announce(events)
      return Response(status: .ok)
    case .refused(let refusal):
      throw HTTPFailure.grantRefused(refusal, to: request)
    }
  }
}

extension HTTPFailure {
  static func grantRefused(_ refusal: GrantRefusal, to request: Request) -> HTTPFailure {
    .grantRefused(refusal, usedAuthorization: request.headers[.authorization] != nil)
  }
}

extension TokenRequest {
  /// - Throws: `HTTPFailure.invalidRequest` for a missing parameter; `unsupportedGrantType`.
  init(_ form: Form, clientID: String) throws(HTTPFailure) {
    guard let grant = GrantType(Array(try form.require("grant_type").utf8)) else {
      throw .unsupportedGrantType
    }
    switch grant {
    case .authorizationCode:
      self = .authorizationCode(
        code: Secret(try form.require("code")), redirectURI: try form.require("redirect_uri"),
        clientID: clientID, codeVerifier: Secret(try form.require("code_verifier")))
    case .refreshToken:
      self = .refreshToken(token: Secret(try form.require("refresh_token")), clientID: clientID)
    case .deviceCode:
      self = .deviceCode(Secret(try form.require("device_code")), clientID: clientID)
    case .pairing:
      self = .pairing(
        token: Secret(try form.require("pairing_token")), clientID: clientID,
        model: try form.require("model"), firmwareVersion: try form.require("firmware_version"))
    case .relink:
      self = .relink(clientID: clientID, firmwareVersion: try form.require("firmware_version"))
    }
  }
}

extension RequestNote {
  /// - Parameter client: Nil for one that is not known.
  fileprivate func add(_ request: TokenRequest, by client: OAuthClient?) {
    self.add { facts in
      facts.client = client?.id
      facts.kind = client?.kind
      facts.grant = request.grantName
    }
  }
}
