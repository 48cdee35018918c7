import DeviceCore
import DeviceProtocol

/// The bytes of a request in HTTP/1.1 (RFC 9112).
func encode(_ request: Request, to origin: CloudOrigin) -> [UInt8] {
  var bytes = head(
    method: request.method.text, path: request.path, origin: origin,
    accessToken: request.accessToken)
  bytes += "Accept: application/json\r\n".utf8
  if let contentType = request.contentType {
    bytes += "Content-Type: \(contentType.text)\r\n".utf8
  }
  if !request.body.isEmpty || request.method == .post {
    bytes += "Content-Length: \(request.body.count)\r\n".utf8
  }
  bytes += "\r\n".utf8
  return bytes + request.body
}

/// The bytes that ask for the event stream; `docs/protocol.md`, "Push".
func encodeStreamRequest(accessToken: [UInt8], to origin: CloudOrigin) -> [UInt8] {
  head(
    method: "GET", path: Endpoint.events.bytes, origin: origin, accessToken: accessToken)
    + "Accept: text/event-stream\r\nCache-Control: no-store\r\n\r\n".utf8
}

private func head(method: String, path: [UInt8], origin: CloudOrigin, accessToken: [UInt8]?)
  -> [UInt8]
{
  var bytes: [UInt8] = []
  bytes += "\(method) ".utf8
  bytes += path
  bytes += " HTTP/1.1\r\nHost: \(origin.authority)\r\nUser-Agent: relink-device\r\n".utf8
  if let accessToken {
    bytes += "Authorization: Bearer ".utf8
    // What the cloud called a token could hold anything; a line's end must not end the header.
    bytes += accessToken.filter { (0x21...0x7e).contains($0) }
    bytes += "\r\n".utf8
  }
  return bytes
}

extension Request.Method {
  fileprivate var text: String {
    switch self {
    case .get: "GET"
    case .post: "POST"
    case .delete: "DELETE"
    }
  }
}

extension Request.ContentType {
  fileprivate var text: String {
    switch self {
    case .json: "application/json"
    case .form: "application/x-www-form-urlencoded"
    }
  }
}
