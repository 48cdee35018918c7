/// The clock that operators set.
extension RouteOperation {
  static let readClock = RouteOperation(
    "getClock", .clock, "What time it is for the cloud", answers: [.clock])

  static let setClock = RouteOperation(
    "setClock", .clock, "Set the clock, or have it follow the machine's",
    details: "Everything that expires follows it. It goes back with `force` only.",
    body: .json(
      .oneOf([
        .change(.required("at", .clockTime), null: ["time", "machine"]),
        .change(.required("time", .string(format: "date-time")), null: ["at", "machine"]),
        .change(.required("machine", .constant(true)), null: ["at", "time"]),
      ]), example: #"{"time":"2026-01-31T12:00:00Z","force":true}"#),
    answers: [.clock, .clockBackwards])

  static let advanceClock = RouteOperation(
    "advanceClock", .clock, "Set the clock forward",
    body: .json(
      .oneOf([
        .change(.required("seconds", .integer(Int64.min...Int64.max)), null: ["milliseconds"]),
        .change(.required("milliseconds", .integer(Int64.min...Int64.max)), null: ["seconds"]),
      ]), example: #"{"seconds":3600}"#),
    answers: [.clock, .clockBackwards])

  static let freezeClock = RouteOperation(
    "freezeClock", .clock, "Stop the clock", body: .nothing, answers: [.clock])

  static let resumeClock = RouteOperation(
    "resumeClock", .clock, "Let a frozen clock go on", body: .nothing, answers: [.clock])
}

extension RouteOperation.Answer {
  fileprivate static let clock = ok(
    "The clock.",
    .object([
      .required("at", .time), .required("time", .string(format: "date-time")),
      .required("frozen", .boolean),
      .required(
        "ahead_ms",
        .integer(Int64.min...Int64.max).described("Of the machine's; negative when behind it.")),
      .required("machine_at", .time),
    ]))

  fileprivate static let clockBackwards = refusal(
    409, "`clock_backwards`: it would go back, and there is no `force`.")
}

extension Schema {
  /// From 1970 to the end of the year 9999.
  fileprivate static let clockTime = Schema.integer(0...253_402_300_799_999)
    .described("Milliseconds since 1970-01-01T00:00:00Z.")

  /// - Parameter others: What must not be there, or be null.
  fileprivate static func change(_ member: Member, null others: [String]) -> Schema {
    .request(
      [member] + others.map { .optional($0, .null) } + [.optional("force", .boolean.orNull)])
  }
}
