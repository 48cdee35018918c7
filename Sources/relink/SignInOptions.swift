import ArgumentParser
import CloudServer

/// What the cloud asks of those who register and log in.
struct SignInOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Passwords that nobody may choose, one a line in UTF-8, beside the built-in list.",
      valueName: "file"),
    completion: .file())
  var passwordList: String?

  @Option(help: "How many accounts one address may open in an hour; 0 for any number.")
  var registrationsPerHour: UInt32 = 120

  func apply(to options: inout CloudServerOptions) throws(CloudServerError) {
    if let passwordList { options.passwordList = try PasswordListFile.read(passwordList) }
    options.registrationsPerHour = self.registrationsPerHour
  }
}
