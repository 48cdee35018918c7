import ArgumentParser
import Scenarios

struct LogoutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout",
    abstract: "Force a logout: every token minted before it is dead at once.",
    discussion: """
      EXAMPLES
        relink logout everyone --reason "an analytics copy lay open"
        relink logout kind camera
        relink logout account ada@example.org
        relink logout device 4f9d1c1e-5a0f-4a43-9b39-0f6f6d2b8c11
      """,
    subcommands: [Everyone.self, Kind.self, AccountScope.self, Device.self, Session.self])

  func run() async throws {
    // Without a scope nothing is done; a script must not take that for success.
    throw ValidationError("Say whom to log out: everyone, kind, account, device or session.")
  }

  /// What all scopes share.
  struct Options: ParsableArguments {
    @OptionGroup var admin: AdminOptions

    @Option(help: "Why; the clients are told, and the cloud keeps it.")
    var reason: String?

    @Flag(help: "Print JSON.")
    var json = false

    func logOut(_ request: LogoutRequest, _ whom: String) async throws {
      let answer = try await self.admin.withClient { try await $0.logOut(request) }
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
      let request = LogoutRequest(scope: "everyone", reason: self.options.reason)
      try await self.options.logOut(request, "everyone is")
    }
  }

  struct Kind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out all clients of one kind.",
      discussion: "EXAMPLE\n  relink logout kind camera")
    enum Name: String, ExpressibleByArgument, CaseIterable {
      case app, camera, scale, alexa, google, ifttt
    }
    @Argument(help: "The kind of client.") var kind: Name
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "kind", reason: self.options.reason)
      request.kind = self.kind.rawValue
      try await self.options.logOut(request, "every \(self.kind.rawValue) is")
    }
  }

  struct AccountScope: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "account", abstract: "Log out an account: its apps and its devices.",
      discussion: "EXAMPLE\n  relink logout account ada@example.org")
    @Argument(help: "The account's e-mail address.") var email: String
    @OptionGroup var options: Options

    func run() async throws {
      var request = LogoutRequest(scope: "account", reason: self.options.reason)
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
      var request = LogoutRequest(scope: "device", reason: self.options.reason)
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
      var request = LogoutRequest(scope: "session", reason: self.options.reason)
      request.sessionId = self.id
      try await self.options.logOut(request, "session \(self.id) is")
    }
  }
}
