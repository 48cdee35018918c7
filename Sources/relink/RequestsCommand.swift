import ArgumentParser
import CloudCore
import Foundation
import Scenarios

struct RequestsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "requests",
    abstract: "Show who called what of a running cloud, or assert it.",
    discussion: """
      The conditions (--client, --path, --status, --since …) are told by 'relink requests list --help';
      'assert' takes the same.

      EXAMPLES
        relink requests --limit 20
        relink requests --client relink-camera --status 4xx
        relink requests assert --no-dead-token --since 2026-01-31T12:00:00Z
        relink requests assert --exactly 1 --path /v1/events --within-ms 5000
      """,
    subcommands: [List.self, Assert.self], defaultSubcommand: List.self)

  /// Which requests.
  struct Conditions: ParsableArguments {
    @Option(help: "Of this client, such as relink-camera.") var client: String?
    @Option(help: "Of this kind.") var kind: ClientKind?
    @Option(help: "Of this account: its e-mail address or id.") var account: String?
    @Option(help: "Of the device with this id.") var device: String?
    @Option(help: "Of the session with this id.") var session: String?
    @Option(help: "At this path, such as /v1/devices/{id}.") var path: String?
    @Option(help: "With this method, such as POST.") var method: String?
    @Option(help: "With this grant.") var grant: GrantName?
    @Option(help: "That did this to a session.") var event: SessionEvent.Word?
    @Option(help: "Answered with this status, such as 401 or 4xx.") var status: String?
    @Option(help: "Refused for this reason, such as logged_out.") var reason: String?
    @Option(help: "With a dead token: true or false.") var deadToken: Bool?
    @Option(help: "Struck by a fault: true or false.") var fault: Bool?
    @Option(help: "From this address.") var address: String?
    @Option(
      help: "Not before this time of the cloud's clock: ISO 8601, or milliseconds since 1970.")
    var since: CloudTime?
    @Option(
      help: "After this place, as 'relink requests --json' tells it; good until the cloud ends.")
    var cursor: UInt64?

    var values: [(String, String)] {
      [
        ("client", self.client), ("kind", self.kind?.rawValue), ("account", self.account),
        ("device", self.device), ("session", self.session), ("path", self.path),
        ("method", self.method), ("grant", self.grant?.rawValue), ("event", self.event?.rawValue),
        ("status", self.status), ("reason", self.reason),
        ("dead_token", self.deadToken.map { "\($0)" }), ("fault", self.fault.map { "\($0)" }),
        ("address", self.address),
      ].compactMap { name, value in value.map { (name, $0) } }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the newest requests, or those from a time on.",
      discussion: "EXAMPLE\n  relink requests --account ada@example.org --json")
    @OptionGroup var admin: AdminOptions
    @OptionGroup var conditions: Conditions
    @Option(help: "At most this many, up to 10000.") var limit = 100
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard (1...10_000).contains(self.limit) else {
        throw ValidationError("--limit must be from 1 to 10000.")
      }
    }

    func run() async throws {
      var query = self.conditions.values + [("limit", "\(self.limit)")]
      if let since = self.conditions.since { query.append(("since", since.text)) }
      if let cursor = self.conditions.cursor { query.append(("cursor", "\(cursor)")) }
      let page = try await self.admin.withClient { [query] in try await $0.requests(query) }
      if self.json {
        print(try page.jsonText())
        return
      }
      print(RequestTable.text(of: page.requests, terminal: Terminal()))
      if !page.complete { print("… and older ones, which have been dropped or are not shown") }
    }
  }

  struct Assert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Ends with 0 if so many requests were made, and with 1 if not.",
      discussion: """
        It ends with 2 when the cloud cannot be asked or does not know what is asked, such as a client,
        a path or an account.

        EXAMPLES
          relink requests assert --refreshed-exactly-once --device ID --since T
          relink requests assert --at-least 1 --event relink --within-ms 10000
        """)
    @OptionGroup var admin: AdminOptions
    @OptionGroup var conditions: Conditions
    @Option(help: "So many.") var exactly: UInt32?
    @Option(help: "So many or more.") var atLeast: UInt32?
    @Option(help: "So many or fewer.") var atMost: UInt32?
    @Flag(help: "The tokens were replaced once; the same answer given again does not count.")
    var refreshedExactlyOnce = false
    @Flag(help: "Nobody presented a token that the cloud does not take any more.")
    var noDeadToken = false
    @Option(help: "Wait so many milliseconds for it to become true, at most 60000.")
    var withinMs: UInt32 = 0
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      let count = [self.exactly, self.atLeast, self.atMost].count { $0 != nil }
      guard count + (self.refreshedExactlyOnce ? 1 : 0) + (self.noDeadToken ? 1 : 0) == 1 else {
        throw ValidationError(
          "Give one of --exactly, --at-least, --at-most, --refreshed-exactly-once and --no-dead-token."
        )
      }
      guard self.withinMs <= 60_000 else {
        throw ValidationError("--within-ms must be at most 60000.")
      }
    }

    func run() async throws {
      var claim = RequestClaim(
        where: Dictionary(self.conditions.values) { $1 }, withinMs: self.withinMs)
      (claim.exactly, claim.atLeast, claim.atMost) = (self.exactly, self.atLeast, self.atMost)
      if self.refreshedExactlyOnce { claim.assertion = "refreshed_exactly_once" }
      if self.noDeadToken { claim.assertion = "no_dead_token" }
      (claim.since, claim.cursor) = (
        self.conditions.since?.text, self.conditions.cursor.map { "\($0)" }
      )
      let verdict = try await self.admin.ask(for: "requests assert") { [claim] in
        try await $0.assertRequests(claim)
      }
      if self.json {
        print(try verdict.jsonText())
      } else if verdict.held {
        print("held: \(verdict.count)")
      } else {
        print("not held: \(Terminal.printable(verdict.message ?? ""))")
        if let requests = verdict.requests, !requests.isEmpty {
          print(RequestTable.text(of: requests, terminal: Terminal()))
        }
      }
      if !verdict.held { throw ExitCode.failure }
    }
  }
}

/// Requests as a table.
enum RequestTable {
  static func text(of requests: [RequestEntry], terminal: Terminal) -> String {
    var rows = [
      ["NUMBER", "TIME", "CLIENT", "REQUEST", "STATUS", "REASON", "EVENT", "ROTATIONS", "FAULT"]
    ]
    for request in requests {
      rows.append([
        "\(request.sequence)", ShownTime.exact(request.at), request.client ?? "–",
        Terminal.printable("\(request.method) \(request.path ?? "–")"),
        request.status.map { "\($0)" } ?? "–",
        request.reason ?? "–", request.event ?? "–",
        request.generation.map { "\(max($0, 1) - 1)" } ?? "–", request.fault ?? "–",
      ])
    }
    return terminal.table(rows)
  }
}
