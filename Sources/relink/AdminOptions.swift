import ArgumentParser
import AsyncHTTPClient
import Foundation
import Scenarios

/// Where the cloud's admin listener is, and what it is asked with.
struct AdminOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Port of the cloud's admin listener (default: $RELINK_ADMIN_PORT, else 8444).",
      valueName: "port"))
  var adminPort: Int?

  @Option(
    help: ArgumentHelp(
      "File with the admin token (default: $RELINK_ADMIN_TOKEN_FILE, else admin-token in the default data folder of 'relink cloud').",
      valueName: "file"))
  var adminTokenFile: String?

  func validate() throws {
    guard (1...65_535).contains(try self.port()) else {
      throw ValidationError("The admin port must be from 1 to 65535.")
    }
  }

  /// Runs the body with a client of the admin listener, and closes it.
  func withClient<Value>(_ body: (AdminClient) async throws -> Value) async throws -> Value {
    let environment = ProcessInfo.processInfo.environment
    let tokenFile =
      self.adminTokenFile ?? environment["RELINK_ADMIN_TOKEN_FILE"]
      ?? DefaultFolders.cloudData + "/admin-token"
    let client = try HTTPExchange.client(trusting: nil)
    do {
      let value = try await body(
        AdminClient(
          exchange: HTTPExchange(client: client, origin: "http://127.0.0.1:\(try self.port())"),
          tokenFile: tokenFile))
      try await client.shutdown()
      return value
    } catch {
      try? await client.shutdown()
      throw error
    }
  }

  /// As `withClient`, for commands whose answer is their exit code: 2 tells that there is none.
  ///
  /// - Parameter command: As in `token inspect`.
  func ask<Value>(
    for command: String, _ body: (AdminClient) async throws -> Value
  ) async throws -> Value {
    do {
      return try await self.withClient(body)
    } catch {
      throw try Self.noAnswer(for: command, error)
    }
  }

  /// Tells why there is no answer.
  ///
  /// - Parameter command: As in `token inspect`.
  static func noAnswer(for command: String, _ error: any Error) throws -> ExitCode {
    try FileHandle.standardError.write(contentsOf: Data("relink \(command): \(error)\n".utf8))
    return ExitCode(2)
  }

  private func port() throws -> Int {
    if let adminPort { return adminPort }
    guard let text = ProcessInfo.processInfo.environment["RELINK_ADMIN_PORT"] else { return 8_444 }
    guard let port = Int(text) else {
      throw ValidationError("RELINK_ADMIN_PORT is '\(text)', which is no port.")
    }
    return port
  }
}

/// Where files are kept unless the user says otherwise (XDG Base Directory Specification).
enum DefaultFolders {
  static var cloudData: String { Self.data + "/cloud" }
  static var developmentCA: String { Self.data + "/development-ca" }

  private static var data: String {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") {
      return folder + "/relink"
    }
    return (environment["HOME"] ?? ".") + "/.local/share/relink"
  }
}

extension Encodable {
  /// As indented JSON with sorted keys in the wire's spelling.
  func jsonText() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
