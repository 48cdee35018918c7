import ArgumentParser
import AsyncHTTPClient
import Foundation
import Scenarios
import Synchronization

/// Where an owner's password is read from: never from the arguments, which everybody on the machine
/// can see.
struct OwnerPassword: ParsableArguments {
  @Option(
    help: ArgumentHelp("File with the owner's password.", valueName: "file"), completion: .file())
  var passwordFile: String?

  /// Runs the body with the owner's app, and closes its connections.
  func withApp<Value>(
    email: String, cloud: PublicCloudOptions, _ body: (OwnerApp) async throws -> Value
  ) async throws -> Value {
    let password = try self.password()
    let client = try HTTPExchange.client(
      trusting: cloud.authority)
    do {
      let value = try await body(
        OwnerApp(
          email: email, password: password,
          exchange: HTTPExchange(client: client, origin: cloud.origin)))
      try await client.shutdown()
      return value
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  private func password() throws -> String {
    if let passwordFile { return try Self.firstLine(of: passwordFile) }
    guard let password = ProcessInfo.processInfo.environment["RELINK_PASSWORD"] else {
      throw ValidationError(
        "The owner's password is in neither $RELINK_PASSWORD nor --password-file.")
    }
    return password
  }

  static func firstLine(of path: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let line = text.split(separator: "\n", omittingEmptySubsequences: false).first
    else { throw LabError(.file, "the password file \(path) can't be read") }
    return String(line)
  }
}

/// Codes of the second factor: the first from $RELINK_CODE, if that is set, the others a line each
/// of standard input, since each works once.
enum SecondFactorCode {
  private static let isFirst = Mutex(true)

  @Sendable static func forLogin() throws -> String {
    try Self.next("Code of your authenticator app: ")
  }

  static func next(_ prompt: String) throws -> String {
    let isFirst = Self.isFirst.withLock { isFirst in
      defer { isFirst = false }
      return isFirst
    }
    if isFirst, let code = ProcessInfo.processInfo.environment["RELINK_CODE"] { return code }
    try FileHandle.standardError.write(contentsOf: Data(prompt.utf8))
    guard let line = readLine(), !line.isEmpty else {
      throw ValidationError(
        "There is no code of the second factor in $RELINK_CODE or on standard input.")
    }
    return line
  }
}
