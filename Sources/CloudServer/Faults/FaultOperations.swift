import CloudCore
import DeviceProtocol

/// What an operator asks for; `docs/faults.md` says what the members mean.
extension RouteOperation {
  static let addFault = RouteOperation(
    "addFault", .faults, "Have requests or connections fail on purpose",
    details: "`docs/faults.md` says what the members mean together.",
    body: .json(
      .request(Schema.faultMatch(or: \.orNull) + Schema.faultTurn + Schema.faultDeed(or: \.orNull)),
      example: #"{"grant":"refresh_token","phase":"after_commit","count":1}"#),
    answers: [
      .created("It is in force.", .fault), .refusal(409, "There are as many as there may be."),
    ])

  static let listFaults = RouteOperation(
    "listFaults", .faults, "Which faults are in force",
    answers: [.ok("All of them.", .object([.required("faults", .array(of: .fault))]))])

  static let showFault = RouteOperation(
    "showFault", .faults, "One fault, and what it did", parameters: [.faultID],
    answers: [.ok("It is in force.", .fault)])

  static let removeFault = RouteOperation(
    "removeFault", .faults, "Remove one fault", parameters: [.faultID],
    answers: [.noContent("It is removed.")])

  static let removeFaults = RouteOperation(
    "removeFaults", .faults, "Remove all faults", answers: [.noContent("There is none.")])

  static let listFirings = RouteOperation(
    "listFaultFirings", .faults, "What faults did",
    parameters: [
      .limit(upTo: FaultFirings.maximumCount, standard: 1_000),
      .query("fault_id", .unsigned(UInt64.self), "Of this fault only."),
      .query("after", .unsigned(UInt64.self), "Those after this firing."),
    ],
    answers: [
      .ok(
        "The newest of them, from the oldest on.",
        .object([
          .required("firings", .array(of: .firing)), .required("count", .unsigned(UInt64.self)),
          .required("dropped", .unsigned(UInt64.self)),
        ]))
    ])
}

extension RouteOperation.Parameter {
  fileprivate static let faultID = Self.path(
    "id", .string(), "The fault's id, a whole number.")
}

extension Schema {
  typealias Nullable = (Schema) -> Schema

  fileprivate static func faultMatch(or null: Nullable) -> [Member] {
    [
      .optional("endpoint", null(.string(count: 1...256))),
      .optional("grant", null(.words(GrantName.self))),
      .optional("client", null(.string())), .optional("kind", null(.clientKind)),
      .optional("device_id", null(.uuid)), .optional("account_email", null(.email)),
      .optional("address", null(.string())), .optional("server_name", null(.string())),
    ]
  }

  fileprivate static var faultTurn: [Member] {
    [
      .optional("skip", .unsigned(UInt32.self).orNull),
      .optional("count", .integer(1...UInt32.max).orNull),
      .optional("every", .integer(1...UInt32.max).orNull),
      .optional("probability", .number(0...1).orNull),
      .optional("seed", .unsigned(UInt64.self).orNull),
    ]
  }

  fileprivate static func faultDeed(or null: Nullable) -> [Member] {
    [
      .optional("phase", null(.words(FaultBody.PhaseWord.self))),
      .optional("after_byte", null(.unsigned(UInt32.self))),
      .optional(
        "delay_ms", null(.integer(0...FaultSpecification.longestDelayMilliseconds))),
      .optional("bandwidth", null(.integer(1...UInt32.max))),
      .optional("action", null(.words(FaultBody.ActionWord.self))),
      .optional("tls_close", null(.boolean)), .optional("status", null(.integer(200...599))),
      .optional("headers", null(.map(to: .string()))), .optional("body", null(.string())),
      .optional("malformed", null(.words(FaultMalformation.self))),
      .optional("certificate", null(.words(WrongCertificate.self))),
    ]
  }

  fileprivate static let fault = Schema.object(
    Self.faultMatch(or: { $0 }) + Self.faultDeed(or: { $0 }) + [
      .required("id", .unsigned(UInt64.self)), .required("skip", .unsigned(UInt32.self)),
      .required("count", .integer(1...UInt32.max).orNull.described("Null: all.")),
      .optional("every", .integer(2...UInt32.max)), .optional("probability", .number(0...1)),
      .optional("seed", .unsigned(UInt64.self)), .required("matched", .unsigned(UInt64.self)),
      .required("fired", .unsigned(UInt64.self)),
    ]
  ).component("Fault")

  fileprivate static let firing = Schema.object([
    .required("id", .unsigned(UInt64.self)), .required("fault_id", .unsigned(UInt64.self)),
    .required("at", .time),
    .optional(
      "request",
      .object([
        .required("method", .string()), .required("path", .string()),
        .required("address", .string()), .optional("grant", .words(GrantName.self)),
        .optional("client", .string()), .optional("kind", .clientKind),
        .optional("device_id", .uuid), .optional("account_email", .email),
      ])),
    .optional(
      "connection",
      .object([.required("address", .string()), .optional("server_name", .string())])),
    .required("did", .object(Self.faultDeed(or: { $0 }))),
    .required("outcome", .words(["under_way", "struck", "missed"])),
    .optional("response_bytes", .unsigned(UInt64.self)),
  ]).component("Firing")
}
