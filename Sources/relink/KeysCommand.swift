import ArgumentParser
import CloudCore
import Foundation
import Scenarios

struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "List and roll the keys that sign access tokens.",
    discussion: """
      EXAMPLES
        relink keys
        relink keys rotate
        relink keys rotate --algorithm RS256 --lead-seconds 0
      """,
    subcommands: [List.self, Rotate.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The keys that are published.",
      discussion: "EXAMPLE\n  relink keys list --json")
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let keys = try await self.admin.withClient { try await $0.signingKeys() }
      if self.json {
        print(try keys.jsonText())
      } else {
        for key in keys { print(KeysCommand.line(key)) }
      }
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make another key, which signs after a while.",
      discussion: """
        The key is published at once, and signs after the lead time, so that whoever keeps a copy of the
        published keys has it in time. The one before it stays published until its last token is dead.

        EXAMPLE
          relink keys rotate --lead-seconds 60
          relink keys rotate --algorithm RS256
        """)
    @Option(help: "ES256 or RS256 (default: that of the newest key).")
    var algorithm: SigningAlgorithm?
    @Option(help: "How long the key is published before it signs (default: the cloud's, 300).")
    var leadSeconds: UInt32?
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let key = try await self.admin.withClient {
        try await $0.rotateSigningKey(to: self.algorithm, leadSeconds: self.leadSeconds)
      }
      print(try self.json ? key.jsonText() : KeysCommand.line(key))
    }
  }

  /// As in `dBjf…  ES256  signing  signs from 2019-12-26T09:21:00Z`.
  private static func line(_ key: SigningKeyStatus) -> String {
    let until = key.publishedUntil.map { ", published until \(ShownTime.text($0))" } ?? ""
    let text = """
      \(key.kid)  \(key.algorithm)  \(key.state)  signs from \(ShownTime.text(key.signsFrom))\(until)
      """
    return Terminal.printable(text)
  }
}

extension SigningAlgorithm: ExpressibleByArgument {}
