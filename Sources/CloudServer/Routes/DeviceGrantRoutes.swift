import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird

/// The device authorization grant (RFC 8628).
extension CloudService {
  /// `POST /oauth/device_authorization`
  @Sendable func beginDeviceAuthorization(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    let credentials = try ClientCredentials(request, form)
    let outcome = try await self.write { cloud, transaction, now in
      var random = SystemRandomNumberGenerator()
      return try cloud.beginDeviceAuthorization(
        clientID: credentials.clientID, secret: credentials.secret, in: transaction, at: now,
        random: &random)
    }
    switch outcome {
    case .begun(let authorization):
      return try .json(
        DeviceAuthorizationBody(authorization: authorization, issuer: self.issuer.url))
    case .refused(let refusal):
      throw HTTPFailure.grantRefused(refusal, to: request)
    }
  }

  /// `GET /device`: asks for the code. It looks nothing up, so that a link tells nothing.
  @Sendable func showDevicePage(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let query = try request.query()
    return UserCodePage(entered: query["user_code"] ?? "").response(status: .ok)
  }

  /// `POST /device`: a code, and then what the owner decided.
  @Sendable func decideDevice(
    _ request: Request, _ context: CloudRequestContext
  ) async throws -> Response {
    let form = try await request.form(upTo: self.bodyByteCount)
    let entered = form["user_code"] ?? ""
    let decision: OwnerDecision? =
      if form["decision"] == nil { nil } else { try OwnerDecision(form) }
    let browser = LoggingInBrowser(request, context)
    let address = browser.address
    let found = try await self.write { cloud, transaction, now in
      try cloud.findDevice(userCode: entered, from: address, in: transaction, at: now)
    }
    switch found {
    case .found(let device):
      return try await self.decide(decision, on: device, form: form, browser: browser)
    case .unknown:
      return Self.unknownCode(entered)
    case .throttled(let seconds):
      var response = UserCodePage(entered: entered).response(
        status: .tooManyRequests,
        message: "Too many codes were wrong. Try again in \(seconds) seconds.")
      response.headers[.retryAfter] = "\(seconds)"
      return response
    }
  }

  private func decide(
    _ decision: OwnerDecision?, on device: WaitingDevice, form: Form,
    browser: LoggingInBrowser
  ) async throws -> Response {
    let page = DeviceConsentPage(device: device)
    let isDecided: Bool
    var newCookies: [Cookie] = []
    switch decision {
    case nil:
      return page.response(status: .ok)
    case .deny:
      isDecided = try await self.write { cloud, transaction, now in
        try cloud.decide(.deny, on: device, in: transaction, at: now)
      }
    case .allow:
      let outcome = try await self.signIn(form, from: browser, page: page) {
        cloud, owner, transaction, now in
        try cloud.decide(.allow(owner), on: device, in: transaction, at: now)
      }
      switch outcome {
      case .signedIn(let result, let cookies):
        isDecided = result
        newCookies = cookies
      case .shown(let response): return response
      }
    }
    guard isDecided, let decision else {
      return Self.unknownCode(device.userCode.text).setting(newCookies)
    }
    return DeviceConsentPage.decided(decision).setting(newCookies)
  }

  private static func unknownCode(_ entered: String) -> Response {
    UserCodePage(entered: entered).response(
      status: .badRequest,
      message: "No device waits under this code. Check it, or begin again on the device.")
  }
}

/// RFC 8628 §3.2.
struct DeviceAuthorizationBody: Encodable {
  let deviceCode: String
  let userCode: String
  let verificationURI: String
  let verificationURIComplete: String
  let expiresIn: UInt32
  let interval: UInt32

  init(authorization: DeviceAuthorization, issuer: String) {
    self.deviceCode = authorization.deviceCode.text
    self.userCode = authorization.userCode.text
    self.verificationURI = issuer + OpenRoute.devicePage.route.path
    self.verificationURIComplete =
      "\(self.verificationURI)?user_code=\(authorization.userCode.text)"
    self.expiresIn = authorization.expiresInSeconds
    self.interval = authorization.intervalSeconds
  }

  enum CodingKeys: String, CodingKey {
    case deviceCode = "device_code"
    case userCode = "user_code"
    case verificationURI = "verification_uri"
    case verificationURIComplete = "verification_uri_complete"
    case expiresIn = "expires_in"
    case interval
  }
}
