import ArgumentParser
import Foundation
import Scenarios

extension AccountCommand {
  struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the account's sessions: apps, devices and platforms.")
    @OptionGroup var options: Options

    func run() async throws {
      // Without the one that asks, which ends with this command.
      let sessions = try await self.options.loggedIn { app in
        try await app.sessions().filter { !$0.current }
      }
      if self.options.json {
        print(try ["sessions": sessions].jsonText())
        return
      }
      for session in sessions {
        let name = session.nickname.map { " " + Terminal.printable($0) } ?? ""
        print(
          "\(session.id)  \(Terminal.printable(session.kind))\(name)  "
            + "since \(ShownTime.text(session.createdAt)), last used \(ShownTime.text(session.lastUsedAt))"
        )
      }
      if sessions.isEmpty { print("No other session.") }
    }
  }

  struct EndSession: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "end-session", abstract: "End one of the account's sessions.",
      discussion: """
        Its tokens are dead and its streams closed at once. A device comes back as its relink policy
        says; remove it to keep it out.
        """)
    @Argument(help: "The session's id, as 'relink account sessions' shows it.") var id: String
    @OptionGroup var options: Options

    func run() async throws {
      try await self.options.loggedIn { try await $0.end(session: self.id) }
      print("Session \(self.id) is ended.")
    }
  }

  struct ChangePassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "password", abstract: "Change the password.",
      discussion: "The new one is read from the first line of --new-password-file.")

    @Option(
      help: ArgumentHelp("File with the new password.", valueName: "file"), completion: .file())
    var newPasswordFile: String

    @Flag(help: "Leave the account's other apps and platforms logged in.")
    var keepOtherSessions = false
    @OptionGroup var options: Options

    func run() async throws {
      let password = try OwnerPassword.firstLine(of: self.newPasswordFile)
      let count = try await self.options.loggedIn { app in
        try await app.changePassword(to: password, endsOthers: !self.keepOtherSessions)
      }
      print("The password is changed; \(count) other sessions were ended.")
    }
  }
}
