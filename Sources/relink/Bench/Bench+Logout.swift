import Foundation
import NIOCore
import NIOSSL
import Scenarios

extension Bench {
  /// Everybody is logged out, with more and more sessions that are live, while some clients go on
  /// refreshing; and the cloud's memory with a million of them.
  ///
  /// - Parameter counts: Live sessions, rising.
  func measureLogouts(counts: [Int]) async throws {
    try await self.withLab { lab in
      var first: Double?
      for count in counts {
        try Task.checkCancellation()
        await lab.stopCloud()
        let filling = try await ContinuousClock().measure {
          try await Population.grow(to: count, in: lab.workspace.cloudData)
        }
        self.note("\(count) sessions made in \(Int(filling.inMilliseconds / 1_000)) s")
        if first == nil {
          try await lab.startCloud()
          try await lab.app(of: Self.email).register()
        } else {
          try await lab.startCloudAgain()
        }
        // Before everybody is logged out.
        if count == 1_000_000 { try await self.measureMemory(with: count, in: lab) }
        let time = try await self.measureLogout(of: count, in: lab, beside: first)
        first = first ?? time
      }
    }
  }

  private func measureLogout(of count: Int, in lab: Lab, beside first: Double?) async throws
    -> Double
  {
    let admin = try await lab.admin()
    // Once for the connection.
    _ = try await admin.audit(limit: 1, before: nil)
    let quiet = try await self.load(on: lab)
    let busy = self.loadTask(try await self.sources(of: lab), port: try await lab.address().port)
    try await Task.sleep(for: .milliseconds(self.seconds * 500))
    var request = LogoutRequest(scope: "everyone", reason: "a benchmark")
    let clock = ContinuousClock()
    var time = Duration.zero
    var acknowledged = NIODeadline.now()
    do {
      time = try await clock.measure { _ = try await admin.logOut(request) }
      acknowledged = .now()
    } catch {
      busy.cancel()
      throw error
    }
    let during = try await busy.value
    guard during.lastAcceptedSentAt < acknowledged else {
      throw LabError(
        .unexpectedAnswer, "a token was taken that was presented after everybody was logged out")
    }
    guard during.statuses.keys.allSatisfy({ [200, 400].contains($0) }),
      during.statuses[400] == Self.clientCount
    else {
      throw LabError(
        .unexpectedAnswer, "clients that were logged out were answered \(during.statuses)")
    }
    request.reason = "once more, of nobody"
    var others: [Double] = []
    for _ in 0..<8 {
      others.append(
        try await clock.measure { _ = try await admin.logOut(request) }.inMilliseconds)
    }
    let milliseconds = time.inMilliseconds
    let ratio = first.map { String(format: "%.1f × that of one; ", milliseconds / $0) } ?? ""
    self.add(
      "everyone logged out, \(count) live sessions", milliseconds, "ms",
      beside: ratio + String(format: "again, with nobody left: %.1f ms (median)", others.median),
      bound: "one durable commit, behind that of the refreshes that are under way")
    self.add(
      "\(Self.clientCount) other clients meanwhile: worst", during.percentile(100), "ms",
      beside: String(
        format: "p99 %.1f ms; without a logout: worst %.1f ms, p99 %.1f ms",
        during.percentile(99), quiet.percentile(100), quiet.percentile(99)))
    return milliseconds
  }

  private func measureMemory(with count: Int, in lab: Lab) async throws {
    let start = try Self.residentMebibytes(of: await lab.cloudProcessID())
    let load = try await self.load(on: lab)
    // Looks at every session.
    let live = try await lab.admin().status(limit: 1).sessions.values.reduce(0, +)
    guard live >= count else {
      throw LabError(
        .unexpectedAnswer, "of \(count) sessions that should be live the status counts \(live)")
    }
    let memory = try Self.residentMebibytes(of: await lab.cloudProcessID())
    self.add(
      "cloud: memory with \(count) live sessions", memory, "MiB",
      beside: String(
        format: "%.1f MiB before %d refreshes and the status of all", start,
        load.microseconds.count), aim: 200,
      bound: "nothing that grows with sessions: they are on the disk")
  }

  private static let clientCount = 16

  /// Clients that refresh one after the other, for as long as is measured.
  private func load(on lab: Lab) async throws -> LoadResult {
    try await self.loadTask(try await self.sources(of: lab), port: try await lab.address().port)
      .value
  }

  private func loadTask(_ sources: [any RequestSource], port: Int) -> Task<LoadResult, any Error> {
    let seconds = self.seconds
    return Task {
      var configuration = TLSConfiguration.makeClientConfiguration()
      // Its own cloud, on loopback.
      configuration.certificateVerification = .none
      let load = Load(
        host: "127.0.0.1", port: port, tls: try NIOSSLContext(configuration: configuration),
        duration: .seconds(Int64(seconds)), toleratesRefusals: true)
      return try await load.run(sources).result
    }
  }

  private func sources(of lab: Lab) async throws -> [any RequestSource] {
    let port = try await lab.address().port
    return try await self.logIn(Self.clientCount, in: lab).map {
      Rotations(
        host: "127.0.0.1:\(port)", path: "/oauth/token",
        form: "grant_type=refresh_token&client_id=relink-app", token: $0.refreshToken)
    }
  }

  func logIn(_ count: Int, in lab: Lab) async throws -> [OwnerApp.Tokens] {
    var logins: [OwnerApp.Tokens] = []
    for _ in 0..<count {
      let app = try await lab.newApp(of: Self.email)
      try await app.logIn()
      guard let tokens = await app.heldTokens else {
        throw LabError(.unexpectedAnswer, "a login gave no tokens")
      }
      logins.append(tokens)
    }
    return logins
  }
}
