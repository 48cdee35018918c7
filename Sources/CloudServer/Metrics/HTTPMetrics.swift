import Synchronization

/// The requests of one listener, by route: patterns, so that nothing here grows with users.
final class HTTPMetrics: Sendable {
  private struct Key: Hashable {
    let method: String
    let route: String
  }

  private struct Route {
    var durations = Histogram(bounds: HTTPMetrics.bounds)
    var statuses: [Int: UInt64] = [:]
  }

  /// In seconds: from a token check to a login, whose password takes its time.
  static let bounds = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
  private static let methods: Set<String> = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS",
  ]

  private let listener: String
  private let routes = Mutex<[Key: Route]>([:])

  init(listener: String) { self.listener = listener }

  /// - Parameters:
  ///   - route: Its pattern; nil for a path that there is not.
  ///   - duration: Until the answer was there.
  func record(method: String, route: String?, status: Int, duration: Duration) {
    let key = Key(
      method: Self.methods.contains(method) ? method : "other", route: route ?? "other")
    let seconds = duration.inSeconds
    self.routes.withLock { routes in
      routes[key, default: Route()].durations.record(seconds)
      routes[key]?.statuses[status, default: 0] += 1
    }
  }

  /// Of several listeners, which share their metrics' names.
  static func write(_ listeners: [HTTPMetrics], to text: inout MetricText) {
    let all = listeners.map { metrics in
      let routes = metrics.routes.withLock { $0 }
      return (
        metrics.listener,
        routes.sorted { ($0.key.route, $0.key.method) < ($1.key.route, $1.key.method) }
      )
    }
    let requests = "relink_http_requests_total"
    text.begin(requests, .counter, "Requests that were answered.")
    for (listener, routes) in all {
      for (key, route) in routes {
        for (status, count) in route.statuses.sorted(by: { $0.key < $1.key }) {
          text.sample(
            requests,
            [
              ("listener", listener), ("method", key.method), ("route", key.route),
              ("status", "\(status)"),
            ], Double(count))
        }
      }
    }
    let durations = "relink_http_request_duration_seconds"
    text.begin(durations, .histogram, "From a request's header to its answer's.")
    for (listener, routes) in all {
      for (key, route) in routes {
        route.durations.write(
          durations, [("listener", listener), ("method", key.method), ("route", key.route)],
          to: &text)
      }
    }
  }
}
