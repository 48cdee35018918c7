import DeviceProtocol

/// Who is told of dead sessions.
extension RouteOperation {
  static let addReceiver = RouteOperation(
    "addReceiver", .receivers, "Tell somebody of dead sessions from now on",
    details: """
      Each event is posted to the endpoint as a Security Event Token (RFC 8417, RFC 8935) of CAEP's \
      type `session-revoked`, in order, until it is taken or refused.
      """,
    body: .json(
      .request([
        .required(
          "endpoint",
          .string(format: "uri").described("https, or http on a loopback address.")),
        .required("audience", .string(count: 1...256).described("`aud` of the events.")),
        .optional(
          "authorization",
          .string(count: 1...4_096).orNull.described(
            "The `Authorization` of each request; never shown again.")),
      ]), example: #"{"endpoint":"http://127.0.0.1:9000/events","audience":"qa"}"#),
    answers: [
      .created("It is subscribed.", .receiver),
      .refusal(409, "There are as many receivers as there may be."),
    ])

  static let listReceivers = RouteOperation(
    "listReceivers", .receivers, "Who is told, and how far that has come",
    answers: [
      .ok("From the oldest on.", .object([.required("receivers", .array(of: .receiver))]))
    ])

  static let removeReceiver = RouteOperation(
    "removeReceiver", .receivers, "Tell a receiver no more",
    parameters: [.path("id", .uuid, "Of the receiver.")],
    answers: [.noContent("It is not told any more; what waited for it is dropped.")])
}

extension Schema {
  fileprivate static let receiver = Schema.object([
    .required("id", .uuid), .required("endpoint", .string(format: "uri")),
    .required("audience", .string()),
    .required("authorized", .boolean.described("Whether requests have an `Authorization`.")),
    .required("created_at", .time),
    .required("delivered", .unsigned(UInt64.self)),
    .required("retried", .unsigned(UInt64.self).described("Attempts that were made again.")),
    .required(
      "failed", .unsigned(UInt64.self).described("Events that it refused, or that were given up.")),
    .required("waiting", .unsigned(UInt64.self)),
    .optional("last_failure", .failure),
  ]).component("Receiver")

  fileprivate static let failure = Schema.object([
    .required("at", .time),
    .required("jti", .string().described("Of the event that was not taken.")),
    .required(
      "cause",
      .string().described("`err` of RFC 8935 §2.4, a status, or what became of the connection.")),
  ]).component("DeliveryFailure")
}
