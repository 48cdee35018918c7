import ArgumentParser
import DeviceProtocol
import Foundation

/// Runs the exploration against each planted bug, and says which rule caught it and when. Built by
/// `make mutants` only: nothing else has the switches in it.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relink-mutants",
    abstract: "Show that the simulation catches each planted bug (docs/planted-bugs.md).",
    discussion: """
      First the unbroken code runs over the same seeds, and nothing may be seen: a rule that is broken \
      without a bug says nothing about one.

      A bug is caught when a rule is seen broken. A trap, a run without end or a demand that is not \
      met tells only that something is wrong, and counts for those bugs of which that is documented. \
      ≠ means that another rule was seen broken first than the documented one, often an earlier \
      consequence; the hunt then goes on for that one.

      Exit code 0 if each was caught within the seeds; 1 if not.
      """)

  @Option(help: "Give up on a bug after so many seeds.")
  var seeds = 2_000

  @Option(help: "Only these bugs (default: all).")
  var bug: [String] = []

  @Option(help: "Processes at once (default: one for each core).")
  var jobs: Int = max(1, ProcessInfo.processInfo.activeProcessorCount)

  @Option(help: "Where the rule of each bug is documented.")
  var documents = "docs/planted-bugs.md"

  @Flag(help: .hidden)
  var alone = false

  @Option(help: .hidden)
  var rule: String?

  func run() async throws {
    if self.alone {
      let findings = try Hunt.run(bug: self.bug.first, seeds: self.seeds, documented: self.rule)
      Self.say(findings.first.line)
      if let documented = findings.documented { Self.say(documented.line) }
      return
    }
    let names = PlantedBug.allCases.map { "\($0)" }
    for name in self.bug where !names.contains(name) {
      throw ValidationError("there is no planted bug called '\(name)'")
    }
    let documented: DocumentedRules
    do {
      documented = try DocumentedRules(contentsOf: self.documents)
    } catch {
      throw ValidationError(
        "\(self.documents), which has the rule of each bug, can't be read; is it in this folder, or --documents?"
      )
    }
    for name in names where documented[name] == nil {
      throw ValidationError("\(self.documents) says nothing of '\(name)'")
    }
    try self.runControl()
    let chosen = names.filter { self.bug.isEmpty || self.bug.contains($0) }
    let width = chosen.map(\.count).max() ?? 0
    var caughtCount = 0
    var otherCount = 0
    for await (name, findings) in self.findings(of: chosen, documented) {
      let rule = documented[name] ?? ""
      let finding = findings.first
      let isCaught = finding.isCatch(documented: rule)
      let isOther = isCaught && !finding.isAsDocumented(rule)
      if isCaught { caughtCount += 1 }
      if isOther { otherCount += 1 }
      let padding = String(repeating: " ", count: width - name.count)
      let sign = isCaught ? (isOther ? "≠" : "✓") : "✗"
      Self.say("\(sign) \(name)\(padding)  documented: \(rule); \(finding.text)")
      if isOther {
        let later = findings.documented?.text ?? "that rule was not seen broken"
        Self.say("  \(String(repeating: " ", count: width))  then \(later)")
      }
    }
    Self.say(
      "\n\(caughtCount) of \(chosen.count) caught, each within \(self.seeds) seeds; "
        + "\(otherCount) of them by another rule than the documented one.")
    if caughtCount < chosen.count { throw ExitCode.failure }
  }

  private func runControl() throws {
    let finding = Hunt.runAlone(bug: nil, seeds: self.seeds, documented: nil).first
    guard finding == .nothing else {
      Self.say("✗ the unbroken code: \(finding.text)\nNothing is shown by rules that it breaks.")
      throw ExitCode.failure
    }
    Self.say("  the unbroken code: nothing was seen within \(self.seeds) seeds")
  }

  /// At once, also into a file or a pipe.
  private static func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// In the order of the bugs.
  private func findings(
    of names: [String], _ documented: DocumentedRules
  ) -> AsyncStream<(String, Hunt.Findings)> {
    AsyncStream { continuation in
      let (jobs, seeds) = (self.jobs, self.seeds)
      Task {
        await withTaskGroup(of: (Int, Hunt.Findings).self) { group in
          var next = 0
          var findings: [Int: Hunt.Findings] = [:]
          var shown = 0
          func begin() {
            guard next < names.count else { return }
            let index = next
            next += 1
            let rule = documented[names[index]]
            group.addTask {
              (index, Hunt.runAlone(bug: names[index], seeds: seeds, documented: rule))
            }
          }
          for _ in 0..<jobs { begin() }
          while let (index, finding) = await group.next() {
            findings[index] = finding
            begin()
            while let finding = findings[shown] {
              continuation.yield((names[shown], finding))
              shown += 1
            }
          }
        }
        continuation.finish()
      }
    }
  }
}
