import CloudCore

/// What `/metrics` tells (`docs/metrics.md`). No label's value comes from a request.
package final class CloudMetrics: Sendable {
  let publicHTTP = HTTPMetrics(listener: "public")
  let adminHTTP = HTTPMetrics(listener: "admin")
  let store = StoreMetrics()
  let refreshes = CounterFamily(
    "relink_token_refreshes_total", labels: ["outcome", "kind"],
    help: "Refreshes by outcome: granted, or the reason of the refusal.")
  let grants = CounterFamily(
    "relink_token_grants_total", labels: ["grant", "outcome"],
    help: "Token requests of all grants by outcome: granted, or the reason of the refusal.")
  let logins = CounterFamily(
    "relink_logins_total", labels: ["outcome"],
    help: "Sign-ins of owners, at /oauth/authorize and /device.")
  let logouts = CounterFamily(
    "relink_forced_logouts_total", labels: ["scope"], help: "Forced logouts by scope.")
  let faults = CounterFamily(
    "relink_faults_fired_total", labels: ["action", "phase"], help: "Faults that fired.")

  package init() {}

  func write(to text: inout MetricText) {
    HTTPMetrics.write([self.publicHTTP, self.adminHTTP], to: &text)
    for counter in [self.refreshes, self.grants, self.logins, self.logouts, self.faults] {
      counter.write(to: &text)
    }
    self.store.write(to: &text)
  }
}

extension TokenOutcome.Answer {
  /// A fixed word.
  var metricWord: String {
    switch self {
    case .granted: "granted"
    case .refused(let refusal): refusal.reason?.rawValue ?? refusal.code.rawValue
    }
  }
}
