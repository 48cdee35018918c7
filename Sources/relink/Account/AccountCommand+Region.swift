import ArgumentParser
import Scenarios

extension AccountCommand {
  struct MoveToRegion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "region", abstract: "Move an account to a region, which logs it out.",
      discussion: """
        Its tokens were minted under the former region's epoch, which says nothing about the new
        one.

        EXAMPLE
          relink account region ada@example.org eu-west
        """)
    @Argument(help: "The account's e-mail address.") var email: String
    @Argument(help: "A word such as eu-west: a to z, 0 to 9 and hyphens.") var region: String
    @OptionGroup var admin: AdminOptions
    @Option(help: "Why; the clients are told, and the audit log keeps it.") var reason: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let request = MoveAccountRequest(
        email: self.email, region: self.region, reason: self.reason)
      let moved = try await self.admin.withClient { try await $0.moveAccount(request) }
      if self.json {
        print(try moved.jsonText())
      } else if moved.epoch == nil {
        print("\(Terminal.printable(self.email)) is in \(moved.region) already")
      } else {
        print(
          "\(Terminal.printable(self.email)) moved from \(moved.formerRegion) to \(moved.region) and is logged out"
        )
      }
    }
  }
}
