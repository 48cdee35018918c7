import ArgumentParser
import DeviceProtocol
import Foundation
import Simulation

/// Runs the exploration against each planted bug, and says which rule caught it and when. Built by
/// `make mutants` only: nothing else has the switches in it.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relink-mutants",
    abstract: "Show that the simulation catches each planted bug (docs/planted-bugs.md).",
    discussion: """
      Exit code 0 if each was caught within the seeds; 1 if not.
      """)

  @Option(help: "Give up on a bug after so many seeds.")
  var seeds = 1_000

  @Option(help: "Only these bugs (default: all).")
  var bug: [String] = []

  @Option(help: "Processes at once (default: one for each core).")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  @Flag(help: .hidden)
  var alone = false

  func run() async throws {
    if self.alone {
      try Self.hunt(self.bug.first ?? "", seeds: self.seeds)
      return
    }
    let names = PlantedBug.allCases.map { "\($0)" }
    for name in self.bug where !names.contains(name) {
      throw ValidationError("there is no planted bug called '\(name)'")
    }
    let chosen = names.filter { self.bug.isEmpty || self.bug.contains($0) }
    let width = chosen.map(\.count).max() ?? 0
    var caughtCount = 0
    for try await (name, catchText) in self.results(of: chosen) {
      if catchText != nil { caughtCount += 1 }
      let padding = String(repeating: " ", count: width - name.count)
      Self.say("\(catchText == nil ? "✗" : "✓") \(name)\(padding)  \(catchText ?? "not caught")")
    }
    Self.say("\n\(caughtCount) of \(chosen.count) caught, each within \(self.seeds) seeds.")
    if caughtCount < chosen.count { throw ExitCode.failure }
  }

  /// At once, also into a file or a pipe.
  private static func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Each in a process of its own, since a bug may trap; in the order of the bugs.
  private func results(of names: [String]) -> AsyncThrowingStream<(String, String?), any Error> {
    AsyncThrowingStream { continuation in
      let (jobs, seeds) = (self.jobs, self.seeds)
      Task {
        await withTaskGroup(of: (Int, String?).self) { group in
          var next = 0
          var results: [Int: String?] = [:]
          var shown = 0
          func begin() {
            guard next < names.count else { return }
            let index = next
            next += 1
            group.addTask { (index, Self.runAlone(names[index], seeds: seeds)) }
          }
          for _ in 0..<jobs { begin() }
          while let (index, text) = await group.next() {
            results[index] = text
            begin()
            while let text = results[shown] {
              continuation.yield((names[shown], text))
              shown += 1
            }
          }
        }
        continuation.finish()
      }
    }
  }

  /// - Returns: What caught it; nil if nothing did.
  private static func runAlone(_ name: String, seeds: Int) -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--alone", "--bug", name, "--seeds", "\(seeds)"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return nil }
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit else {
      let seed = text.split(separator: "\n").last.map { ", seed \($0)" } ?? ""
      return "the program trapped\(seed)"
    }
    return process.terminationStatus == 0 ? text.split(separator: "\n").last.map(String.init) : nil
  }

  /// Prints what caught the bug, or ends with exit code 1.
  private static func hunt(_ name: String, seeds: Int) throws {
    #if PLANTED_BUGS
      plantedBug = PlantedBug.allCases.first { "\($0)" == name }
    #endif
    for seed in 1...UInt64(max(1, seeds)) {
      var world = try World(
        ScenarioDraw.scenario(seed: seed), seed: seed, firmware: .builtIn, eventLimit: 500_000)
      let outcome = world.run()
      guard let failure = Shrinker.Failure(outcome) else { continue }
      switch failure {
      case .rule(let rule): print("rule \(rule), after \(seed) seeds")
      case .claim(let claim): print("\(claim), after \(seed) seeds")
      case .stuck: print("the run never ended, after \(seed) seeds")
      }
      return
    }
    throw ExitCode.failure
  }
}
