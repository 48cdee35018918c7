import CloudCore
import DeviceProtocol

/// What an owner's app asks for.
extension RouteOperation {
  static let createPairingToken = RouteOperation(
    "createPairingToken", .owner, "Make a token that pairs one device",
    body: .json(
      .request([
        .optional("relink_policy", .words(RelinkPolicy.self).orNull),
        .optional(
          "nickname",
          .string(count: 1...64, pattern: #"^[^\u0000-\u001F\u007F-\u009F]*$"#).orNull
            .described("For the device: 1 to 64 bytes of UTF-8. Its kind when absent.")),
      ]), example: #"{"nickname":"kitchen","relink_policy":"owner"}"#),
    answers: [
      .created(
        "The token, for the QR code.",
        .object([
          .required("pairing_token", .string(pattern: "^rlkp_")),
          .required("expires_in", .unsigned(UInt32.self).described("Seconds.")),
          .required("cloud", .string(format: "uri").described("What the payload has to name.")),
        ]))
    ])

  static let listDevices = RouteOperation(
    "listDevices", .owner, "The owner's devices",
    answers: [.ok("All of them.", .object([.required("devices", .array(of: .device))]))])

  static let showDevice = RouteOperation(
    "getDevice", .owner, "One device", parameters: [.deviceID],
    answers: [.ok("The device.", .device)])

  static let removeDevice = RouteOperation(
    "removeDevice", .owner, "Unbind a device and log it out", parameters: [.deviceID],
    answers: [.noContent("It is nobody's.")])

  static let listMotions = RouteOperation(
    "listMotions", .owner, "The newest motions of a camera, the oldest of them first",
    parameters: [.deviceID, .limit(upTo: Cloud.longestPage)],
    answers: [.ok("Of this binding.", .object([.required("motions", .array(of: .motion))]))])

  static let listMeasurements = RouteOperation(
    "listMeasurements", .owner, "The newest measurements of a scale, the oldest of them first",
    parameters: [.deviceID, .limit(upTo: Cloud.longestPage)],
    answers: [
      .ok("Of this binding.", .object([.required("measurements", .array(of: .measurement))]))
    ])
}

extension RouteOperation.Parameter {
  static let deviceID = path("id", .uuid, "A device's id.")

  /// - Parameter standard: What an absent one means; the largest when nil.
  static func limit(upTo largest: Int, standard: Int? = nil) -> Self {
    .query(
      "limit", .integer(1...largest).standard(.init(number: standard ?? largest)),
      "How many at most.")
  }
}

extension Schema {
  /// DEVICE of `docs/protocol.md`.
  static let device = Schema.object(Self.deviceMembers).component("Device")

  static let deviceMembers: [Member] = [
    .required("id", .uuid), .required("kind", .words(DeviceKind.allCases.map { "\($0.text)" })),
    .required("model", .string()), .required("serial", .string()),
    .required("nickname", .string()), .required("firmware_version", .string()),
    .required(
      "ssid", .string(pattern: "^([0-9a-f]{2}){1,32}$").orNull.described("In hexadecimal.")),
    .required("signal_dbm", .integer(-127...0).orNull),
    .required("uptime_ms", .unsigned(UInt64.self).orNull),
    .required("last_seen", .time.orNull), .required("bound_at", .time.orNull),
    .required("online", .boolean.described("Whether its event stream is open.")),
    .required("session", .words(DeviceSessionState.self)),
    .required("relink_policy", .words(RelinkPolicy.self)),
  ]
}
