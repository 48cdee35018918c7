import CloudCore
import HTTPTypes
import Hummingbird
import NIOCore

extension CloudService {
  /// `GET /metrics`
  func writeMetrics() async -> Response {
    var text = MetricText()
    self.metrics.write(to: &text)
    if let counts = await self.liveSessions.counts() {
      let name = "relink_sessions_live"
      text.begin(name, .gauge, "Live sessions by kind of client, as last counted.")
      for kind in ClientKind.allCases {
        text.sample(name, [("kind", kind.rawValue)], Double(counts[kind] ?? 0))
      }
    }
    let streams = "relink_streams_open"
    text.begin(streams, .gauge, "Open event streams by kind of client.")
    let open = self.streams.openCounts
    for kind in ClientKind.allCases {
      text.sample(streams, [("kind", kind.rawValue)], Double(open[kind] ?? 0))
    }
    let faults = "relink_faults_active"
    text.begin(faults, .gauge, "Faults in force.")
    text.sample(faults, [], Double(self.faults.withPlan { $0.rules.count }))
    ProcessMetrics()?.write(to: &text)
    return Response(
      status: .ok, headers: [.contentType: MetricText.contentType],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
  }
}
