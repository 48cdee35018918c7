import ArgumentParser
import Foundation
import NIOCore
import NIOSSL
import Scenarios

/// Makes the load of a benchmark, in a process of its own so that its own cost can be told from that
/// of what it measures. Reads a `LoadPlan` from standard input.
struct LoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-load", abstract: "Make a load (used by bench).", shouldDisplay: false)

  func run() async throws {
    let input = try FileHandle.standardInput.readToEnd() ?? Data()
    let plan = try JSONDecoder().decode(LoadPlan.self, from: input)
    var tls: NIOSSLContext?
    if plan.tls {
      var configuration = TLSConfiguration.makeClientConfiguration()
      // A benchmark on loopback, whose peers have certificates of any kind.
      configuration.certificateVerification = .none
      tls = try NIOSSLContext(configuration: configuration)
    }
    let load = Load(
      host: "127.0.0.1", port: plan.port, tls: tls,
      duration: .milliseconds(Int64(plan.seconds * 1_000)),
      toleratesRefusals: plan.toleratesRefusals ?? false)
    let (result, seconds) = try await load.run(plan.sources)
    let report = LoadReport(
      requests: result.microseconds.count, seconds: seconds, p50: result.percentile(50),
      p99: result.percentile(99), worst: result.percentile(100),
      statuses: Dictionary(
        uniqueKeysWithValues: result.statuses.map { (String($0.key), $0.value) }),
      tokens: result.tokens,
      lastAcceptedSentAt: Double(result.lastAcceptedSentAt.uptimeNanoseconds) / 1e9)
    print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
  }
}

/// What to ask, on how many connections.
struct LoadPlan: Codable {
  struct Rotation: Codable {
    let path: String
    let form: String
    /// One connection for each.
    let tokens: [String]
  }

  struct Repetition: Codable {
    /// As it goes over the wire.
    let request: String
    let connections: Int
  }

  let port: Int
  let tls: Bool
  let seconds: Double
  /// See `Load`; false if absent.
  var toleratesRefusals: Bool?
  var rotation: Rotation?
  var repetition: Repetition?

  var sources: [any RequestSource] {
    if let rotation {
      return rotation.tokens.map {
        Rotations(
          host: "127.0.0.1:\(self.port)", path: rotation.path, form: rotation.form, token: $0)
      }
    }
    guard let repetition else { return [] }
    return Array(
      repeating: SameRequest(bytes: ByteBuffer(string: repetition.request)),
      count: repetition.connections)
  }
}

struct LoadReport: Codable {
  let requests: Int
  let seconds: Double
  /// Milliseconds.
  let p50: Double
  let p99: Double
  let worst: Double
  /// How many answers had each status.
  let statuses: [String: Int]
  /// Of rotations: what each connection would have presented next, so that a further load can go on.
  let tokens: [String]
  /// Seconds of the machine's monotonic clock: when the last request was sent that was answered 200.
  let lastAcceptedSentAt: Double

  var perSecond: Double { Double(self.requests) / self.seconds }
}
