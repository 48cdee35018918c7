import HTTPTypes
import Hummingbird

extension RouteOperation {
  static let openAPIDocument = RouteOperation(
    "getOpenAPIDocument", .service, "This document",
    parameters: [
      .header("If-None-Match", .string(), "Entity tags: with the document's, the answer is 304.")
    ],
    answers: [
      .json(200, "OpenAPI 3.1, in JSON.", .map(to: .any), headers: [.entityTag]),
      Answer(status: 304, description: "It has not changed.", headers: [.entityTag]),
    ])
}

extension RouteOperation.Answer.Header {
  fileprivate static let entityTag = Self(
    name: "ETag", description: "Changes with the document.", schema: .string(pattern: "^\".+\"$"))
}

extension OpenAPIDocument {
  /// What `GET /openapi.json` answers (RFC 9110 §13.1.2).
  func response(to request: Request) -> Response {
    var headers: HTTPFields = [.eTag: self.entityTag, .cacheControl: "no-cache"]
    let presented = (request.headers[.ifNoneMatch] ?? "").split(separator: ",")
      .map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
    guard !presented.contains(where: { ["*", "W/\(self.entityTag)", self.entityTag].contains($0) })
    else { return Response(status: .notModified, headers: headers) }
    headers[.contentType] = "application/json"
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: self.bytes)))
  }
}
