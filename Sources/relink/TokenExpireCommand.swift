import ArgumentParser
import CloudCore
import Scenarios

extension ClientKind: ExpressibleByArgument {}
extension GrantName: ExpressibleByArgument {}
extension SessionEvent.Word: ExpressibleByArgument {}

/// Whose tokens are meant.
struct TokenTargetOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The session with this id.", valueName: "id")) var session: String?
  @Option(help: ArgumentHelp("The device with this id.", valueName: "id")) var device: String?
  @Option(help: ArgumentHelp("The account with this e-mail address.", valueName: "email"))
  var account: String?
  @Option(help: ArgumentHelp("A client, such as relink-camera.", valueName: "client-id"))
  var client: String?
  @Option(help: "A kind of client.") var kind: ClientKind?

  var request: TokenTargetRequest {
    var request = TokenTargetRequest()
    request.sessionId = self.session
    request.deviceId = self.device
    request.account = self.account
    request.client = self.client
    request.kind = self.kind?.rawValue
    return request
  }

  /// Of a session, a device and an account.
  var narrowCount: Int { [self.session, self.device, self.account].count { $0 != nil } }
}

struct TokenExpireCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expire",
    abstract: "Let access tokens expire before their time; the sessions live on.",
    discussion: """
      A client that is honest refreshes once and goes on. Streams on such tokens end before the
      command does.

      EXAMPLES
        relink token expire --account ada@example.org
        relink token expire --kind camera
        relink token expire --everyone --json
      """)

  @OptionGroup(title: "Whose, named in one way") var target: TokenTargetOptions
  @Flag(help: "Of everyone.") var everyone = false
  @OptionGroup var admin: AdminOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    let count =
      self.target.narrowCount + (self.target.client == nil ? 0 : 1)
      + (self.target.kind == nil ? 0 : 1) + (self.everyone ? 1 : 0)
    guard count == 1 else {
      throw ValidationError(
        "Give one of --session, --device, --account, --client, --kind and --everyone.")
    }
  }

  func run() async throws {
    var request = self.target.request
    request.everyone = self.everyone ? true : nil
    let expired = try await self.admin.withClient { [request] in
      try await $0.expireTokens(request)
    }
    print(
      try self.json
        ? expired.jsonText()
        : "access tokens that were given out until now have expired: \(expired.scope)")
  }
}

struct TokenRevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "End sessions, as their clients' own revocation does.",
    discussion: """
      Prints the ids of those that lived. Whoever is wider than an account is logged out: see
      'relink logout'.

      EXAMPLES
        relink token revoke --session 0d9c7a52-41d4-4c6f-8d59-5a4f3d9e0a77
        relink token revoke --account ada@example.org --client relink-app
      """)

  @OptionGroup(title: "Whose; --client and --kind go with --account")
  var target: TokenTargetOptions
  @OptionGroup var admin: AdminOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard self.target.narrowCount == 1 else {
      throw ValidationError("Give one of --session, --device and --account.")
    }
    guard self.target.account != nil || (self.target.client == nil && self.target.kind == nil)
    else { throw ValidationError("--client and --kind go with --account.") }
  }

  func run() async throws {
    let answer = try await self.admin.withClient {
      try await $0.revokeSessions(self.target.request)
    }
    if self.json {
      print(try answer.jsonText())
      return
    }
    for id in answer.revoked { print(id) }
    if answer.revoked.isEmpty { print("none of these sessions lived") }
  }
}
