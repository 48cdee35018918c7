import ArgumentParser
import Scenarios

import enum CloudCore.ClientKind

struct LogoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout",
    abstract: "Force a logout: every token minted before it is dead at once.",
    discussion: """
      Count first with --dry-run; 'relink audit' lists what was done.

      EXAMPLES
        relink logout everyone --reason "an analytics copy lay open"
        relink logout issued-before 2019-12-26T10:00:00Z --dry-run
        relink logout kind camera
        relink logout region eu-west
        relink logout account ada@example.org
        relink logout device 4f9d1c1e-5a0f-4a43-9b39-0f6f6d2b8c11
        relink logout list leaked.txt --skip-unknown
      """,
    subcommands: [
      Everyone.self, IssuedBefore.self, Kind.self, RegionScope.self, AccountScope.self,
      Device.self, Session.self, List.self,
    ])

  func run() async throws {
    // Without a scope nothing is done; a script must not take that for success.
    throw ValidationError(
      "Say whom to log out: everyone, issued-before, kind, region, account, device, session or list."
    )
  }

  /// What all scopes share.
  struct Options: ParsableArguments {
    @OptionGroup var admin: AdminOptions

    @Option(
      help: "Why, in at most 200 characters; the clients are told, and the audit log keeps it.")
    var reason: String?

    @Flag(help: "Count whom it would hit, and change nothing.")
    var dryRun = false

    @Flag(help: "Print JSON.")
    var json = false

    /// - Parameter whom: As in "everyone is".
    func logOut(_ request: LogoutRequest, _ whom: String) async throws {
      var request = request
      request.reason = self.reason
      if self.dryRun {
        request.dryRun = true
        let reach = try await self.admin.withClient { [request] in try await $0.reach(request) }
        print(try self.json ? reach.jsonText() : reach.plainText)
        return
      }
      let answer = try await self.admin.withClient { [request] in try await $0.logOut(request) }
      if self.json {
        print(try answer.jsonText())
      } else {
        print(
          "\(Terminal.printable(whom)) logged out: the epoch of '\(answer.scope)' is now \(answer.epoch)"
        )
      }
    }
  }

  struct Everyone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out every app, device and platform.",
      discussion: "EXAMPLE\n  relink logout everyone --reason \"a leak\"")
    @OptionGroup var options: Options

    func run() async throws {
      try await self.options.logOut(LogoutRequest(scope: "everyone"), "everyone is")
    }
  }

  struct IssuedBefore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "issued-before",
      abstract: "Log out whatever was issued before a time, and nothing later.",
      discussion: """
        EXAMPLES
          relink logout issued-before 2019-12-26T10:00:00Z
          relink logout issued-before now
        """)
    @Argument(help: "ISO 8601 with a zone, milliseconds since 1970, or 'now'.") var time:
      PointInTime
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "issued_before")
      request.before = self.time.milliseconds
      try await self.options.logOut(request, "whatever was issued before \(self.time.text) is")
    }
  }

  struct Kind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out all clients of one kind.",
      discussion: "EXAMPLE\n  relink logout kind camera")
    @Argument(help: "The kind of client.") var kind: ClientKind
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "kind")
      request.kind = self.kind.rawValue
      try await self.options.logOut(request, "every \(self.kind.rawValue) is")
    }
  }

  struct RegionScope: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "region", abstract: "Log out all accounts of a region.",
      discussion: "EXAMPLE\n  relink logout region eu-west")
    @Argument(help: "The region, as in 'relink account region'.") var region: String
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "region")
      request.region = self.region
      try await self.options.logOut(request, "region \(self.region) is")
    }
  }

  struct AccountScope: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "account", abstract: "Log out an account: its apps and its devices.",
      discussion: "EXAMPLE\n  relink logout account ada@example.org")
    @Argument(help: "The account's e-mail address.") var email: String
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "account")
      request.email = self.email
      try await self.options.logOut(request, "\(self.email) is")
    }
  }

  struct Device: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out one device.",
      discussion: "EXAMPLE\n  relink logout device 4f9d1c1e-5a0f-4a43-9b39-0f6f6d2b8c11")
    @Argument(help: "The device's id, as 'relink status --json' shows it.") var id: String
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "device")
      request.deviceId = self.id
      try await self.options.logOut(request, "device \(self.id) is")
    }
  }

  struct Session: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out one session.",
      discussion: "EXAMPLE\n  relink logout session 0d9c7a52-41d4-4c6f-8d59-5a4f3d9e0a77")
    @Argument(help: "The session's id, as 'relink status --json' shows it.") var id: String
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "session")
      request.sessionId = self.id
      try await self.options.logOut(request, "session \(self.id) is")
    }
  }
}

extension LogoutReach {
  var plainText: String {
    let sessions = self.sessions.sorted { $0.key < $1.key }.filter { $0.value > 0 }
      .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    return """
      would log out (nothing was changed):
        accounts  \(self.accounts)
        devices   \(self.devices)
        sessions  \(sessions.isEmpty ? "none" : sessions)
        streams   \(self.streams) open
      """
  }
}
