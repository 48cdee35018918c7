import DeviceProtocol
import Foundation
import Simulation

/// The exploration with one bug, or none, over the seeds from 1.
enum Hunt {
  /// No run of the unbroken code takes as many events.
  private static let eventLimit = 4_000_000
  /// Of runs without end so many are enough: each takes as long as thousands of others.
  private static let limitCount = 2

  /// What was seen first, and what was seen first of all that is documented.
  struct Findings: Equatable {
    var first: Finding
    var documented: Finding?
  }

  /// - Parameter documented: After another rule the hunt goes on for this one; nil for no matter which.
  /// - Returns: The first rule that was seen broken; else the first of what else was seen.
  static func run(bug: String?, seeds: Int, documented: String?) throws -> Findings {
    #if PLANTED_BUGS
      plantedBug = PlantedBug.allCases.first { "\($0)" == bug }
    #endif
    var first: Finding?
    var firstRule: Finding?
    var limits = 0
    for seed in 1...UInt64(max(1, seeds)) {
      var world = try World(
        ScenarioDraw.scenario(seed: seed), seed: seed, firmware: .builtIn,
        eventLimit: self.eventLimit)
      guard let finding = Self.finding(world.run(), seed: seed) else { continue }
      if case .rule = finding {
        let isIt = documented.map { finding.isAsDocumented($0) } ?? true
        if isIt { return Findings(first: firstRule ?? finding, documented: finding) }
        firstRule = firstRule ?? finding
      }
      first = first ?? finding
      if case .limit = finding { limits += 1 }
      if limits >= Self.limitCount { break }
    }
    return Findings(first: firstRule ?? first ?? .nothing)
  }

  private static func finding(_ outcome: Outcome, seed: UInt64) -> Finding? {
    if let verdict = outcome.verdicts.first(where: { !$0.held && $0.rule != nil }) {
      return .rule(verdict.rule ?? 0, seed: seed, seen: verdict.failure ?? "")
    }
    if outcome.failure != nil { return .limit(seed: seed) }
    return outcome.verdicts.first { !$0.held }.map {
      .demand(seed: seed, seen: $0.failure ?? $0.claim)
    }
  }

  /// In a process of its own, since a bug may trap.
  static func runAlone(bug: String?, seeds: Int, documented: String?) -> Findings {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      ["--alone", "--seeds", "\(seeds)"] + (bug.map { ["--bug", $0] } ?? [])
      + (documented.map { ["--rule", $0] } ?? [])
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return Findings(first: .broken("\(error)")) }
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let status = process.terminationStatus
    guard process.terminationReason == .exit else {
      let traps = [SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV]
      return Findings(
        first: traps.contains(status) ? .trap(signal: status) : .killed(signal: status))
    }
    guard status == 0 else { return Findings(first: .broken("it ended with code \(status)")) }
    let lines = text.split(separator: "\n").map(String.init)
    return Findings(
      first: Finding(line: lines.first ?? ""),
      documented: lines.count > 1 ? Finding(line: lines[1]) : nil)
  }
}
