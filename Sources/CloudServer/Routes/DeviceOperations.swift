import CloudCore
import DeviceProtocol

/// What a device asks for.
extension RouteOperation {
  static let events = RouteOperation(
    "openEventStream", .push, "Events as they happen",
    details: """
      Server-sent events (WHATWG HTML §9.2): `ready` first; `logged_out` with `{"scope","reason"}`, \
      and `expired`, each before the stream ends; `device` with `{"device_id","change"}` for \
      owners' apps. A comment line every 15 s.
      """,
    answers: [
      Answer(
        status: 200, description: "The stream, until the access token expires or dies.",
        contents: [.init(mediaType: "text/event-stream", schema: .string())])
    ])

  static let heartbeat = RouteOperation(
    "reportHeartbeat", .device, "How the device is",
    body: .json(
      .request([
        .required("uptime_ms", .integer(0...(1 << 53))),
        .required(
          "ssid",
          .string(pattern: "^([0-9A-Fa-f]{2}){1,32}$").described("In hexadecimal.")),
        .required("signal_dbm", .integer(-127...0)), .required("firmware_version", .printable),
      ]),
      example: #"""
        {"uptime_ms":60000,"ssid":"486f6d65","signal_dbm":-50,"firmware_version":"2.0.0"}
        """#),
    answers: [.noContent("It is kept.")])

  static let recordMotions = RouteOperation(
    "recordMotions", .device, "Motions that a camera has seen",
    body: .json(
      .request([.required("motions", .array(of: .motionRequest, count: 0...100))]),
      example: #"{"motions":[{"sequence":1,"at":1576000000000}]}"#),
    answers: [.acknowledged])

  static let recordMeasurements = RouteOperation(
    "recordMeasurements", .device, "Measurements that a scale has made",
    body: .json(
      .request([.required("measurements", .array(of: .measurementRequest, count: 0...100))]),
      example: #"{"measurements":[{"sequence":1,"at":1576000000000,"weight_grams":70000}]}"#),
    answers: [.acknowledged])

  static let unbind = RouteOperation(
    "unbind", .device, "A factory reset: the device unbinds itself",
    answers: [.noContent("It is nobody's.")])
}

extension RouteOperation.Answer {
  fileprivate static let acknowledged = ok(
    "Kept, now or before; each is kept once.",
    .object([.required("acknowledged", .array(of: .unsigned(UInt32.self)))]))
}

extension Schema {
  static let motion = Schema.object(Self.motionMembers(at: .time)).component("Motion")
  static let measurement = Schema.object(Self.measurementMembers(at: .time) { $0 })
    .component("Measurement")

  fileprivate static let motionRequest = Schema.request(
    Self.motionMembers(at: .recordingTime)
  ).component("SubmittedMotion")
  fileprivate static let measurementRequest = Schema.request(
    Self.measurementMembers(at: .recordingTime, \.orNull)
  ).component("SubmittedMeasurement")

  /// Before the year 10000.
  private static let recordingTime = Schema.integer(0...253_402_300_799_999)
    .described("Milliseconds since 1970-01-01T00:00:00Z.")

  private static func motionMembers(at time: Schema) -> [Member] {
    [.required("sequence", .unsigned(UInt32.self)), .required("at", time)]
  }

  /// - Parameter optional: What an optional member may be beside absent.
  private static func measurementMembers(
    at time: Schema, _ optional: (Schema) -> Schema
  ) -> [Member] {
    [
      .required("sequence", .unsigned(UInt32.self)), .required("at", time),
      .required("weight_grams", .integer(1...500_000)),
      .optional("impedance_ohms", optional(.integer(1...5_000))),
      .optional("fat_permille", optional(.integer(0...1_000))),
      .optional("water_permille", optional(.integer(0...1_000))),
      .optional(
        "muscle_grams", optional(.integer(0...500_000)).described("At most `weight_grams`.")),
      .optional(
        "bone_grams", optional(.integer(0...500_000)).described("At most `weight_grams`.")),
    ]
  }
}
