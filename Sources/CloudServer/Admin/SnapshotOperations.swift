import CloudCore

/// Whole states that are saved and restored by name.
extension RouteOperation {
  static let listSnapshots = RouteOperation(
    "listSnapshots", .snapshots, "What is saved, by name",
    answers: [
      .ok(
        "All of them.",
        .object([
          .required("snapshots", .array(of: .snapshot)),
          .optional(
            "damaged",
            .array(of: .object([.required("name", .string()), .required("detail", .string())]))
              .described("Those whose file can't be read, if there are any.")),
        ])),
      .snapshotFailed,
    ])

  static let saveSnapshot = RouteOperation(
    "saveSnapshot", .snapshots, "Save the whole state",
    details: "One of the same name is replaced. Answered once it is on the disk.",
    parameters: [.snapshotName], body: .nothing,
    answers: [
      .ok("Another of this name was replaced.", .snapshot), .created("It is saved.", .snapshot),
      .refusal(507, "`disk_full`: nothing was saved."), .snapshotFailed,
    ])

  static let restoreSnapshot = RouteOperation(
    "restoreSnapshot", .snapshots, "Restore a state",
    details: "Streams that are open have ended when it is answered.",
    parameters: [.snapshotName],
    body: .init(
      mediaType: "application/json",
      schema: .request([
        .optional("epochs", .words(RestoredEpochs.self).orNull),
        .optional("clock", .words(["kept", "as_saved"]).orNull),
      ]), example: nil, isRequired: false),
    answers: [
      .ok("It is restored, durably.", .snapshot),
      .refusal(415, "The body is no JSON."),
      .refusal(507, "`disk_full`: nothing was restored."), .snapshotFailed,
    ])

  static let removeSnapshot = RouteOperation(
    "removeSnapshot", .snapshots, "Delete what is saved",
    parameters: [.snapshotName], answers: [.noContent("It is gone."), .snapshotFailed])
}

extension RouteOperation.Answer {
  fileprivate static let snapshotFailed = refusal(
    503, "`snapshot_failed`, or the cloud is stopping.", headers: [.retryAfter.optional])
}

extension RouteOperation.Parameter {
  fileprivate static let snapshotName = path(
    "name", .string(pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"), "A name of the tester's choice.")
}

extension Schema {
  fileprivate static let snapshot = Schema.object([
    .required("name", .string()), .required("at", .time), .required("saved_at", .time),
    .required("bytes", .unsigned(UInt64.self)),
  ]).component("Snapshot")
}
