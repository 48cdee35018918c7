import ArgumentParser
import CloudCore
import Scenarios

struct TokenSessionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sessions",
    abstract: "List the sessions of a running cloud, dead ones too, and how they stand.",
    discussion: """
      By id. STATE is live, or the reason that a refresh would be refused with.

      EXAMPLES
        relink token sessions --account ada@example.org
        relink token sessions --kind camera --json | jq -r '.sessions[] | select(.state == "live").id'
      """)

  @Option(help: ArgumentHelp("Of this account: its e-mail address or id.", valueName: "account"))
  var account: String?
  @Option(help: ArgumentHelp("Of this client, such as relink-camera.", valueName: "client-id"))
  var client: String?
  @Option(help: "Of this kind.") var kind: ClientKind?
  @Option(help: ArgumentHelp("Of the device with this id.", valueName: "id")) var device: String?
  @Option(help: ArgumentHelp("Show at most this many, up to 1000.", valueName: "count"))
  var limit = 100
  @Option(help: ArgumentHelp("Read on, as the page before told.", valueName: "cursor"))
  var cursor: String?
  @OptionGroup var admin: AdminOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...1_000).contains(self.limit) else {
      throw ValidationError("--limit must be from 1 to 1000.")
    }
  }

  func run() async throws {
    let query = [
      ("account", self.account), ("client", self.client), ("kind", self.kind?.rawValue),
      ("device", self.device), ("limit", "\(self.limit)"), ("cursor", self.cursor),
    ].compactMap { name, value in value.map { (name, $0) } }
    let page = try await self.admin.withClient { try await $0.sessions(query) }
    if self.json {
      print(try page.jsonText())
      return
    }
    guard !page.sessions.isEmpty else {
      print("there is no such session")
      return
    }
    print(Terminal().table([Self.heading] + page.sessions.map(Self.row)))
    if let cursor = page.cursor { print("… and more; read on with --cursor \(cursor)") }
  }

  private static let heading = [
    "SESSION", "CLIENT", "ACCOUNT", "DEVICE", "SINCE", "LAST ROTATED", "GENERATION", "STATE",
  ]

  private static func row(of session: OperatorSession) -> [String] {
    let state = session.endedAs.map { "\(session.state) (\($0))" } ?? session.state
    return [
      session.id, session.client, Terminal.printable(session.account ?? session.accountId),
      session.deviceId ?? "–", ShownTime.text(session.createdAt),
      ShownTime.text(session.rotatedAt), "\(session.generation)", state,
    ]
  }
}

struct TokenHistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show what happened to a session: login, rotations, repeats, replays, its end.",
    discussion: """
      From the oldest on; numbers that are missing were dropped. GENERATION is that of the refresh
      token that was presented.

      EXAMPLES
        relink token history 0d9c7a52-41d4-4c6f-8d59-5a4f3d9e0a77
        relink token history "$ID" --json | jq '.history[] | select(.event == "replay")'
      """)

  @Argument(help: "The session's id, as 'relink token sessions' shows it.") var session: String
  @OptionGroup var admin: AdminOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let history = try await self.admin.withClient {
      try await $0.history(ofSession: self.session)
    }
    if self.json {
      print(try history.jsonText())
      return
    }
    let session = history.session
    let owner = session.account ?? session.accountId
    let device = session.deviceId.map { ", device \($0)" } ?? ""
    print(Terminal.printable("\(session.client) of \(owner)\(device): \(session.state)"))
    guard !history.history.isEmpty else {
      print("nothing is kept of what happened to it")
      return
    }
    let rows: [[String]] = history.history.map { entry in
      [
        "\(entry.number)", ShownTime.exact(entry.at),
        entry.endedAs.map { "\(entry.event): \($0)" } ?? entry.event, "\(entry.generation)",
        entry.by, entry.address ?? "–", entry.certificate ?? "–",
      ]
    }
    print(
      Terminal().table(
        [["NO.", "TIME", "EVENT", "GENERATION", "BY", "ADDRESS", "CERTIFICATE"]] + rows))
  }
}
