import ArgumentParser
import Foundation
import Scenarios

struct ReceiversCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receivers",
    abstract: "Who is told of dead sessions, by signed events (RFC 8935).",
    discussion: """
      Each logout, revocation and replay is posted to each receiver as a Security Event Token of the \
      type session-revoked (CAEP), signed by a key of the cloud's JWKS, until the receiver answers 202. \
      It takes an event once by its jti: what it does not answer comes again.

      EXAMPLES
        relink receivers add http://127.0.0.1:9000/events --audience qa
        relink receivers list
        relink receivers remove 4f9d1c1e-5a0f-4a43-9b39-0f6f6d2b8c11
      """,
    subcommands: [Add.self, List.self, Remove.self], defaultSubcommand: List.self)

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Subscribe a receiver to all that happens from now on.",
      discussion: """
        EXAMPLE
          relink receivers add https://qa.test/events --audience qa --authorization-file header
        """)
    @Argument(help: "Where events are posted to: https, or http on a loopback address.")
    var endpoint: String
    @Option(help: "Whom the events are for, their 'aud'.") var audience: String
    @Option(
      help: ArgumentHelp(
        "File with the value of the Authorization header of each request.", valueName: "file"),
      completion: .file())
    var authorizationFile: String?
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let request = ReceiverRequest(
        endpoint: self.endpoint, audience: self.audience,
        authorization: try self.authorizationFile.map(Self.read))
      let state = try await self.admin.withClient { try await $0.addReceiver(request) }
      print(self.json ? try state.jsonText() : "receiver \(state.id) subscribed")
    }

    private static func read(_ path: String) throws -> String {
      do {
        return try String(contentsOfFile: path, encoding: .utf8)
          .trimmingCharacters(in: .whitespacesAndNewlines)
      } catch {
        throw LabError(
          .file, "the file \(path) can't be read: \(PlainError.text(of: error))")
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the receivers, and how far each has come.",
      discussion: "EXAMPLE\n  relink receivers list --json")
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let states = try await self.admin.withClient { try await $0.receivers() }
      if self.json {
        print(try states.jsonText())
        return
      }
      if states.isEmpty { return print("nobody is subscribed") }
      for state in states {
        let failure =
          state.lastFailure.map {
            "\n    last failure: \(Terminal.printable($0.cause)), event \(Terminal.printable($0.jti))"
          } ?? ""
        print(
          """
          \(state.id)  \(Terminal.printable(state.endpoint)) for \(Terminal.printable(state.audience)): \
          \(state.delivered) delivered, \(state.waiting) waiting, \(state.retried) attempts retried, \
          \(state.failed) failed\(failure)
          """)
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Unsubscribe a receiver; what it waits for is dropped.",
      discussion: "EXAMPLE\n  relink receivers remove 4f9d1c1e-5a0f-4a43-9b39-0f6f6d2b8c11")
    @Argument(help: "The receiver's id, as 'relink receivers list' shows it.") var id: String
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      try await self.admin.withClient { try await $0.removeReceiver(self.id) }
      print("receiver \(Terminal.printable(self.id)) removed")
    }
  }
}
