import ArgumentParser
import Foundation
import Scenarios

struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account",
    abstract: "Look after an owner's account: password, sessions, second factor.",
    discussion: """
      Logs in to the cloud as the owner's app does, and out again. The password is read from
      $RELINK_PASSWORD or the first line of --password-file. If the account has a second factor,
      codes are read from $RELINK_CODE (the first) and then from standard input, one a line: each
      works once.

      EXAMPLES
        export RELINK_PASSWORD='analytical-engine-1843'
        relink account register --email ada@example.org
        relink account sessions --email ada@example.org
        relink account enrol --email ada@example.org
        relink account region ada@example.org eu-west
        RELINK_CODE=$(oathtool --totp -b SECRET) relink account show --email ada@example.org
      """,
    subcommands: [
      Register.self, Show.self, Sessions.self, EndSession.self, ChangePassword.self, Enrol.self,
      RecoveryCodes.self, Disable.self, MoveToRegion.self,
    ])

  func run() async throws {
    throw ValidationError("Say what to do: relink account --help lists it.")
  }

  /// Who the owner is, and where the cloud.
  struct Options: ParsableArguments {
    @Option(help: "The owner's e-mail address.") var email: String
    @OptionGroup var cloud: PublicCloudOptions
    @OptionGroup var password: OwnerPassword
    @Flag(help: "Print JSON.") var json = false

    func withApp<Value>(_ body: (OwnerApp) async throws -> Value) async throws -> Value {
      try await self.password.withApp(email: self.email, cloud: self.cloud, body)
    }

    /// Runs the body with an app that is logged in, and logs it out again.
    func loggedIn<Value>(_ body: (OwnerApp) async throws -> Value) async throws -> Value {
      try await self.withApp { app in
        try await app.logIn(secondFactor: SecondFactorCode.forLogin)
        do {
          let value = try await body(app)
          try await app.signOut()
          return value
        } catch {
          try? await app.signOut()
          throw error
        }
      }
    }

    func show(recoveryCodes: [String]) throws {
      if self.json {
        print(try ["recovery_codes": recoveryCodes].jsonText())
      } else {
        print("Recovery codes. Each logs in once; they are not shown again:")
        for code in recoveryCodes { print("  \(code)") }
      }
    }
  }

  struct Register: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open an account.")
    @OptionGroup var options: Options

    func run() async throws {
      try await self.options.withApp { try await $0.register() }
      print("\(Terminal.printable(self.options.email)) is registered.")
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the account, and whether it has a second factor.")
    @OptionGroup var options: Options

    func run() async throws {
      let account = try await self.options.loggedIn { try await $0.account() }
      if self.options.json {
        print(try account.jsonText())
      } else {
        print("\(Terminal.printable(account.email)), \(account.accountId)")
        print(
          "second factor: \(account.secondFactor)"
            + (account.secondFactor == "active"
              ? ", \(account.recoveryCodesLeft) recovery codes left" : ""))
      }
    }
  }
}
