import ArgumentParser
import Foundation
import Scenarios

struct ClientsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clients",
    abstract: "Show the clients of a running cloud, and how it treats their tokens.",
    discussion: """
      EXAMPLES
        relink clients
        relink clients --json | jq '.[] | {id, rotation}'
      """)

  @OptionGroup var admin: AdminOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let clients = try await self.admin.withClient { try await $0.clients() }
    if self.json {
      print(try clients.jsonText())
      return
    }
    let rows = clients.map { client in
      [
        client.id, client.kind, client.authentication, client.grants.joined(separator: " "),
        client.accessTokenFormat, client.senderConstraint,
        client.rotation.text, client.reaction,
        Self.text(client.idleSeconds), Self.text(client.absoluteSeconds), client.preset ?? "–",
        client.redirectUris.isEmpty ? "–" : client.redirectUris.joined(separator: " "),
      ]
    }
    print(
      Terminal().table(
        [
          [
            "CLIENT", "KIND", "AUTHENTICATION", "GRANTS", "ACCESS TOKENS", "SENDER", "ROTATION",
            "A THEFT ENDS", "IDLE",
            "AT MOST",
            "PRESET", "REDIRECT URIS",
          ]
        ] + rows))
  }

  private static func text(_ seconds: UInt32?) -> String { seconds.map { "\($0) s" } ?? "–" }
}

extension ClientStatus.Rotation {
  fileprivate var text: String {
    switch self {
    case .word(let word): word
    case .window(let name, let seconds): "\(name) \(seconds) s"
    }
  }
}
