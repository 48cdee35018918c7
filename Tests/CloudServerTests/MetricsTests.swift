import AsyncHTTPClient
import CloudCore
import DeviceProtocol
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import TestSupport
import Testing

@testable import CloudServer

@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
  private let cloud = TestCloud()

  private func metrics() async throws -> [String: Double] {
    let answer = try await self.cloud.administer(.get, "/metrics")
    #expect(answer.status == 200)
    #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    return try Self.samples(answer.text)
  }

  /// Reads the format strictly: each metric is told of before its samples, once, and no sample
  /// comes twice.
  static func samples(_ text: String) throws -> [String: Double] {
    var samples: [String: Double] = [:]
    var known: Set<String> = []
    var current = ""
    #expect(text.hasSuffix("\n"))
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("# HELP ") {
        let name = String(line.split(separator: " ")[2])
        #expect(known.insert(name).inserted, "\(name) is told of twice")
        #expect(line.split(separator: " ").count > 3, "\(name) has no help")
        current = name
      } else if line.hasPrefix("# TYPE ") {
        #expect(line.split(separator: " ")[2] == current)
      } else {
        let end = try #require(line.lastIndex(of: " "))
        let key = String(line[..<end])
        let name = key.prefix { $0 != "{" }
        #expect(
          name == current || ["_bucket", "_sum", "_count"].contains { name == current + $0 },
          "\(name) follows \(current)")
        let value = try #require(
          Double(line[line.index(after: end)...].replacing("+Inf", with: "inf")))
        #expect(samples.updateValue(value, forKey: key) == nil, "\(key) comes twice")
      }
    }
    return samples
  }

  @Test func `nobody reads the metrics without the admin token`() async throws {
    let answer = try await TestCloud.send(
      .get, "/metrics", headers: [:], body: nil, to: self.cloud.adminResponder)
    #expect(answer.status == 401)
    #expect(try await self.cloud.request(.get, "/metrics").status == 404)
  }

  @Test func `a request that a fault cuts is not counted as answered`() async throws {
    for action in ["close", "reset"] {
      _ = try await self.cloud.administer(
        .post, "/admin/v1/faults",
        body: #"{"endpoint":"/health","phase":"after_commit","action":"\#(action)"}"#)
      _ = try await Contract.$isHeld.withValue(false) {
        try await self.cloud.request(.get, "/health")
      }
    }
    _ = try await self.cloud.request(.get, "/health")
    let samples = try await self.metrics().filter {
      $0.key.hasPrefix("relink_http_requests_total") && $0.key.contains(#"route="/health""#)
    }
    #expect(samples.count == 1)
    #expect(samples.keys.allSatisfy { $0.contains(#"status="200""#) })
    #expect(samples.values.allSatisfy { $0 == 1 })
  }

  @Test func `what happens is counted`() async throws {
    let app = try await self.cloud.newOwner()
    let camera = try await self.cloud.pairedDevice(1, of: app)
    _ = try await self.cloud.decide(email: "owner@example.org", password: "wrong password")
    #expect(try await self.cloud.refresh(app.refresh).status == 200)
    let peer = CloudFixture.certificate(1)
    let refreshed = try await self.cloud.refresh(
      camera.refresh, clientID: "relink-camera", peer: peer)
    #expect(refreshed.status == 200)
    _ = try await self.cloud.refresh("rlkr_x", clientID: "relink-camera", peer: peer)
    _ = try await self.cloud.refresh("rlkr_x", clientID: "nobody")
    var samples = try await self.metrics()
    #expect(samples[#"relink_sessions_live{kind="app"}"#] == 1)
    #expect(samples[#"relink_sessions_live{kind="camera"}"#] == 1)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/logout", body: #"{"scope":"kind","kind":"camera"}"#)
    _ = try await self.cloud.administer(
      .post, "/admin/v1/faults", body: #"{"status":503,"endpoint":"/health"}"#)
    // Not held to the document, which does not know what an operator orders.
    let harmed = try await Application(responder: self.cloud.publicResponder, logger: .silent)
      .test(.router) { try await $0.execute(uri: "/health", method: .get) }
    #expect(harmed.status == .serviceUnavailable)
    samples = try await self.metrics()
    #expect(
      samples[#"relink_token_refreshes_total{outcome="granted",kind="app"}"#] == 1)
    #expect(samples[#"relink_token_refreshes_total{outcome="granted",kind="camera"}"#] == 1)
    #expect(
      samples[#"relink_token_refreshes_total{outcome="token_unknown",kind="camera"}"#] == 1)
    #expect(samples.keys.contains { $0.hasSuffix(#"kind="unknown"}"#) })
    #expect(samples[#"relink_token_grants_total{grant="pairing",outcome="granted"}"#] == 1)
    #expect(samples[#"relink_token_grants_total{grant="refresh_token",outcome="granted"}"#] == 2)
    #expect(samples[#"relink_logins_total{outcome="granted"}"#] == 1)
    #expect(samples[#"relink_logins_total{outcome="wrong_credentials"}"#] == 1)
    #expect(samples[#"relink_forced_logouts_total{scope="kind"}"#] == 1)
    #expect(
      samples[#"relink_faults_fired_total{action="status",phase="before_commit"}"#] == 1)
    #expect(samples["relink_faults_active"] == 1)
    #expect(
      samples[
        #"relink_http_requests_total{listener="public",method="GET",route="/health",status="503"}"#]
        == 1)
    #expect(
      samples[
        #"relink_http_requests_total{listener="public",method="POST",route="/oauth/token",status="200"}"#
      ]
        == 4)
    let duration = #"listener="public",method="POST",route="/oauth/token"}"#
    let count = samples["relink_http_request_duration_seconds_count{" + duration]
    #expect(count == 6)
    #expect((samples["relink_http_request_duration_seconds_sum{" + duration] ?? 0) > 0)
    #expect(
      samples[
        #"relink_http_request_duration_seconds_bucket{listener="public",method="POST",route="/oauth/token",le="+Inf"}"#
      ]
        == count)
  }

  @Test func `no label grows with users, paths or methods`() async throws {
    let app = try await self.cloud.newOwner()
    _ = try await self.metrics()
    var before = 0
    for round in 0..<3 {
      for number in 0..<20 {
        let name = "\(round)-\(number)"
        _ = try await self.cloud.request(.get, "/nothing/\(name)")
        _ = try await self.cloud.request(.init("X\(number)\(round)")!, "/health")
        _ = try await self.cloud.request(.get, "/v1/devices/\(name)", token: app.access)
        _ = try await self.cloud.refresh("rlkr_\(name)", clientID: "client-\(name)")
        _ = try await self.cloud.decide(email: "\(name)@example.org", password: "wrong password")
      }
      let samples = try await self.metrics()
      if round == 0 { before = samples.count }
      // The second round may be throttled for the first time, which is one more word.
      #expect(samples.count <= before + 20)
      #expect(!samples.keys.contains { $0.contains("-1") || $0.contains("example.org") })
      #expect(
        samples[
          #"relink_http_requests_total{listener="public",method="GET",route="other",status="404"}"#]
          == Double(20 * (round + 1)))
      #expect(
        samples[
          #"relink_http_requests_total{listener="public",method="GET",route="/v1/devices/{id}",status="404"}"#
        ]
          == Double(20 * (round + 1)))
    }
  }

  @Test func `the process is told of by the usual names`() async throws {
    let samples = try await self.metrics()
    let resident = try #require(samples["process_resident_memory_bytes"])
    #expect((1e6...1e11).contains(resident))
    #expect(try #require(samples["process_virtual_memory_bytes"]) >= resident)
    #expect(try #require(samples["process_cpu_seconds_total"]) > 0)
    let open = try #require(samples["process_open_fds"])
    #expect(open > 2)
    #expect(try #require(samples["process_max_fds"]) >= open)
    let now = Double(systemWallClock().value) / 1_000
    let start = try #require(samples["process_start_time_seconds"])
    #expect((now - 86_400...now + 2).contains(start))
  }

  @Test func `commits of the database and open streams are counted`() async throws {
    let folder = try TemporaryFolder()
    try await RunningCloud.with(storage: .folder(folder.path + "/cloud")) { cloud in
      try await cloud.withClient { client in
        let owner = try await cloud.newOwner("owner@example.org", on: client)
        let events = try await cloud.events(owner.accessText, on: client)
        #expect(try await events.next() == "ready {}")
        let samples = try Self.samples(await cloud.administer("GET", "/metrics").text)
        #expect(samples[#"relink_streams_open{kind="app"}"#] == 1)
        let commits = try #require(samples["relink_store_commit_duration_seconds_count"])
        #expect(commits >= 3)
        #expect(samples["relink_store_commit_writes_count"] == commits)
        #expect(try #require(samples["relink_store_commit_writes_sum"]) >= commits)
        #expect(try #require(samples["relink_store_commit_duration_seconds_sum"]) > 0)
        #expect(samples["relink_store_commit_failures_total"] == 0)
      }
    }
  }

  @Test func `a histogram counts each value in all buckets that are large enough`() {
    var histogram = Histogram(bounds: [0.5, 1, 10])
    for value in [0.1, 0.5, 0.6, 10, 11] { histogram.record(value) }
    var text = MetricText()
    histogram.write("x", [("a", "quote\" slash\\ line\n")], to: &text)
    let label = #"a="quote\" slash\\ line\n""#
    #expect(
      text.text == """
        x_bucket{\(label),le="0.5"} 2
        x_bucket{\(label),le="1"} 3
        x_bucket{\(label),le="10"} 4
        x_bucket{\(label),le="+Inf"} 5
        x_sum{\(label)} 22.2
        x_count{\(label)} 5

        """)
  }

  @Test func `counting millions of sessions takes a hundredth of the time at most`() async throws {
    let calls = Mutex(0)
    let live = LiveSessionCount {
      calls.withLock { $0 += 1 }
      try await Task.sleep(for: .milliseconds(100))
      return [.app: 7]
    }
    #expect(await live.counts() == [.app: 7])
    for _ in 0..<100 { #expect(await live.counts() == [.app: 7]) }
    #expect(calls.withLock { $0 } == 1)
  }
}
