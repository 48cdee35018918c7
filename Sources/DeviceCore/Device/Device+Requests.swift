import DeviceProtocol

// What goes to the cloud, and which part of the device an answer is for.

extension Device {
  /// How a request ended.
  enum Answer {
    case response(Response)
    case failure(ConnectFailure)

    /// What the cloud asked to wait.
    var retryAfterSeconds: UInt32? {
      guard case .response(let response) = self else { return nil }
      return response.retryAfterSeconds
    }
  }

  /// How a request at the token endpoint ended.
  enum GrantAnswer {
    case granted(TokenResponse)
    /// The cloud decided against it.
    case refused(ErrorResponse)
    /// It has not been decided.
    case undecided
  }

  /// Answers to requests that nothing waits for any more are ignored.
  mutating func requestEnded(_ id: RequestID, _ answer: Answer, now: Instant) {
    if let (renewal, usesPrevious) = self.state.requestedRenewal, renewal == id {
      self.refreshEnded(answer, usesPrevious: usesPrevious, now: now)
      return
    }
    switch self.state {
    case .pairing(.requesting(let token, id)):
      self.pairingEnded(answer, token: token, now: now)
    case .loggedOut(.asking(id)):
      self.relinkEnded(answer, now: now)
    case .resetting(let unbinding) where unbinding.request == id:
      self.reportOutcome(of: .unbind, answer)
      self.eraseEverything()
    case .online(let online):
      self.requestEnded(id, answer, online, now: now)
    case .factory, .joiningWiFi, .pairing, .offline, .loggedOut, .resetting:
      break
    }
  }

  private mutating func requestEnded(
    _ id: RequestID, _ answer: Answer, _ online: Lifecycle.Online, now: Instant
  ) {
    if case .sent(id, let sentAt) = online.heartbeat {
      self.heartbeatEnded(answer, sentAt: sentAt, online, now: now)
    } else if case .sent(id, let name, let sequences, let singles) = online.delivery {
      self.deliveryEnded(
        answer, name: name, sequences: sequences, singles: singles, online, now: now)
    }
  }

  /// Sends a form to the token endpoint.
  mutating func requestGrant(
    _ grant: GrantType, _ name: RequestName, _ fields: [FormField]
  ) -> RequestID {
    let form =
      [
        FormField(.grantType, grant.bytes),
        FormField(.clientID, ClientID(self.manufacture.kind).bytes),
      ] + fields
    return self.send(
      name, .post, .token, accessToken: nil, contentType: .form, body: FormEncoding.encode(form))
  }

  mutating func send(
    _ name: RequestName, _ method: Request.Method, _ endpoint: Endpoint, accessToken: [UInt8]?,
    contentType: Request.ContentType?, body: [UInt8]
  ) -> RequestID {
    let id = self.makeRequestID()
    self.report(.request(name, .sent))
    self.output(
      .send(
        Request(
          id: id, name: name, method: method, path: endpoint.bytes, accessToken: accessToken,
          contentType: contentType, body: body)))
    return id
  }

  /// Reads the answer of the token endpoint, and reports it.
  mutating func grantAnswer(to name: RequestName, _ answer: Answer) -> GrantAnswer {
    guard case .response(let response) = answer else {
      self.reportOutcome(of: name, answer)
      return .undecided
    }
    if response.status == 200 {
      guard let tokens = try? TokenResponse(parsing: response.body) else {
        self.report(.request(name, .failed(.malformedAnswer)))
        return .undecided
      }
      self.report(.request(name, .ok(status: response.status)))
      return .granted(tokens)
    }
    self.reportOutcome(of: name, answer)
    guard response.status == 400, let error = response.error else { return .undecided }
    switch error.code {
    case .invalidGrant, .authorizationPending: return .refused(error)
    default: return .undecided
    }
  }

  mutating func reportOutcome(of name: RequestName, _ answer: Answer) {
    switch answer {
    case .failure(let failure):
      self.report(.request(name, .failed(failure)))
    case .response(let response) where (200..<300).contains(response.status):
      self.report(.request(name, .ok(status: response.status)))
    case .response(let response):
      self.report(
        .request(name, .refused(status: response.status, reason: response.error?.word ?? [])))
    }
  }

  /// What the cloud gave, with the instant to refresh it: after 70–80 % of its life, so that a
  /// fleet that was paired together does not refresh together.
  mutating func makeGrant(
    _ tokens: TokenResponse, replacing previous: [UInt8]?, now: Instant
  ) -> Grant {
    let lifetime = min(max(tokens.expiresInSeconds, 2), 604_800) * 1_000
    let wait = lifetime / 10 * 8 - self.random.number(upTo: lifetime / 10)
    let isRotated = previous != tokens.refreshToken
    return Grant(
      credentials: Credentials(
        current: tokens.refreshToken,
        previous: self.keepsPreviousToken && isRotated ? previous : nil),
      access: AccessToken(
        bytes: tokens.accessToken, refreshAt: now.advanced(byMilliseconds: wait)))
  }

  var keepsPreviousToken: Bool {
    self.firmware.traits.contains(.keepsPreviousToken) && !isPlanted(.previousTokenForgotten)
  }
}

extension Response {
  /// The refusal that the body tells of; nil if it tells none.
  var error: ErrorResponse? { try? ErrorResponse(parsing: self.body) }
}

extension ErrorResponse {
  /// The most exact word there is, cut to a length that a journal bears.
  var word: [UInt8] { [UInt8]((self.reason ?? self.error).prefix(64)) }
}
