import ArgumentParser
import Foundation
import Scenarios

extension AccountCommand {
  struct Enrol: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Switch on a second factor: an authenticator app.",
      discussion: """
        Shows the secret and its otpauth URI, asks for the first code of the authenticator and then
        shows the recovery codes.
        """)
    @OptionGroup var options: Options

    func run() async throws {
      let codes = try await self.options.loggedIn { app in
        let enrolment = try await app.enrolSecondFactor()
        let text =
          self.options.json
          ? try enrolment.jsonText()
          : """
          Give your authenticator app this secret: \(enrolment.secret)
          or this, as a QR code: \(enrolment.uri)
          """
        // At once, also into a pipe: whoever reads it has to answer.
        try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
        return try await app.confirmSecondFactor(
          code: SecondFactorCode.next("The code that it shows now: "))
      }
      try self.options.show(recoveryCodes: codes)
    }
  }

  struct RecoveryCodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "recovery-codes",
      abstract: "Make new recovery codes; the former are worth nothing.",
      discussion: "Needs two codes, one to log in and one for this.")
    @OptionGroup var options: Options

    func run() async throws {
      let codes = try await self.options.loggedIn { app in
        try await app.renewRecoveryCodes(code: SecondFactorCode.next("Another code: "))
      }
      try self.options.show(recoveryCodes: codes)
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Switch the second factor off.",
      discussion: "Needs two codes, one to log in and one for this; recovery codes do too.")
    @OptionGroup var options: Options

    func run() async throws {
      try await self.options.loggedIn { app in
        try await app.disableSecondFactor(code: SecondFactorCode.next("Another code: "))
      }
      print("The second factor is off: the password is enough.")
    }
  }
}
