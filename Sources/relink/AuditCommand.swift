import ArgumentParser
import Foundation
import Scenarios

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "List the forced logouts that there were: when, whom, why, by whom.",
    discussion: """
      Newest first. The log only grows, and holds no token; only 'relink snapshot restore --epochs
      as_saved' takes it back to what was saved.

      EXAMPLES
        relink audit
        relink audit --json --limit 1000 | jq '.entries[] | select(.scope == "region")'
      """)

  @OptionGroup var admin: AdminOptions

  @Option(help: ArgumentHelp("Show at most this many, up to 10000.", valueName: "count"))
  var limit = 100

  @Option(
    help: ArgumentHelp("Show those before this one, to read on.", valueName: "sequence"))
  var before: UInt64?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(self.limit) else {
      throw ValidationError("--limit must be from 1 to 10000.")
    }
    guard self.before != 0 else { throw ValidationError("--before must be from 1 on.") }
  }

  func run() async throws {
    let page = try await self.admin.withClient {
      try await $0.audit(limit: self.limit, before: self.before)
    }
    if self.json {
      print(try page.jsonText())
      return
    }
    guard !page.entries.isEmpty else {
      print("nobody was logged out")
      return
    }
    let rows: [[String]] = page.entries.map(Self.row)
    print(
      Terminal().table(
        [["NO.", "TIME", "SCOPE", "TARGET", "EPOCH", "SESSIONS", "BY", "REASON"]] + rows))
    if let next = page.next { print("… and more; read on with --before \(next)") }
  }

  private static func row(of entry: AuditPage.Entry) -> [String] {
    let whom: String? = entry.target ?? entry.before.map { ShownTime.text($0) }
    let sessions: String? = entry.sessions.map { "\($0)" }
    return [
      "\(entry.sequence)", ShownTime.text(entry.at), entry.scope, self.shown(whom),
      "\(entry.epoch)",
      self.shown(sessions), self.shown(entry.operator), self.shown(entry.reason),
    ]
  }

  private static func shown(_ text: String?) -> String {
    guard let text, !text.isEmpty else { return "–" }
    return Terminal.printable(text)
  }
}
