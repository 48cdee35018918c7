import CloudCore
import HTTPTypes
import Hummingbird
import NIOCore

extension CloudService {
  /// Who asks for what, as far as faults match it: trusted for nothing else, and checked again when
  /// the request is answered.
  ///
  /// - Parameter request: Its body is kept, where it was read.
  @Sendable func identifyForFaults(
    _ request: inout Request, _ context: CloudRequestContext
  ) async throws -> FaultSubject {
    var subject = FaultSubject(
      method: request.method.rawValue, path: request.uri.path,
      address: context.connection.remoteAddress.text)
    let certificate = try await context.connection.deviceCertificate()
    subject.device = certificate?.deviceID
    if let token = request.presentedAccessToken {
      let known = subject
      return try await self.read { cloud, reader, now in
        try cloud.faultSubject(known, of: token, in: reader, at: now)
      }
    }
    guard request.method == .post, request.isForm,
      let form = try await self.formKeepingBody(of: &request)
    else { return subject }
    let credentials = try? ClientCredentials(request, form)
    // A fault names one that there is; whatever else was sent may be anything.
    subject.clientID = credentials.flatMap { self.cloud.client(id: $0.clientID)?.id }
    subject.kind = subject.clientID.flatMap { self.cloud.kind(ofClient: $0) }
    subject.accountEmail = form["email"].flatMap { EmailAddress($0) }
    guard FaultSpecification.tokenRoute.isServed(at: subject.path),
      let tokenRequest = credentials.flatMap({ try? TokenRequest(form, clientID: $0.clientID) })
    else { return subject }
    let about = try await self.read { cloud, reader, _ in
      try cloud.subject(of: tokenRequest, certificate: certificate, in: reader)
    }
    subject.grant = about.grant
    subject.device = about.device ?? subject.device
    subject.accountEmail = about.accountEmail
    return subject
  }

  /// Nil for a body that is no form; the route says so.
  func formKeepingBody(of request: inout Request) async throws -> Form? {
    let bytes: ByteBuffer
    do {
      bytes = try await request.body.collect(upTo: self.bodyByteCount)
    } catch is NIOTooManyBytesError {
      throw HTTPFailure.bodyTooLarge(limitByteCount: self.bodyByteCount)
    }
    request.body = RequestBody(buffer: bytes)
    return try? Form(parsing: Array(bytes.readableBytesView))
  }
}

extension Request {
  var isForm: Bool {
    self.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
  }

  /// In whichever scheme it is presented.
  var presentedAccessToken: Secret? {
    let parts = self.headers[.authorization]?.split(separator: " ", maxSplits: 1) ?? []
    guard parts.count == 2, parts[0].lowercased() != "basic" else { return nil }
    return Secret(String(parts[1]))
  }
}
