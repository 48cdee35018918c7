import DeviceProtocol

extension RouteOperation {
  static let metrics = RouteOperation(
    "getMetrics", .status, "What Prometheus reads",
    details: "The text format 0.0.4; `docs/metrics.md` tells of each metric.",
    answers: [
      Answer(
        status: 200, description: "All metrics.",
        contents: [.init(mediaType: "text/plain", schema: .string())])
    ])
}
