import ArgumentParser
import CloudCore
import DeviceProtocol
import Foundation
import Scenarios

struct TokenInspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Explain a token: kind, issued, expires, session, epochs, dead or alive and why.",
    discussion: """
      The token is read from a file or standard input, and never shown whole. --token takes it
      from the command line, where every user of this machine can see it in the list of
      processes, and the shell keeps it in its history.

      It asks a running cloud; with --offline it tells what can be told without one: the kind,
      and whether the checksum is right (a JWT has none: whether its shape is). Ends with 0 when
      the token is alive (off line: when it is well-formed), with 1 when it is dead or unknown (off
      line: when it is no token), and with 2 when the cloud cannot be asked or the file can't be
      read. Text that can be no token (nothing, several words, no text at all) is unknown.

      EXAMPLES
        relink token inspect < token.txt
        relink token inspect token.txt --json
        relink token inspect --offline < token.txt
      """)

  @Argument(
    help: "The file that holds it; - or nothing is standard input.", completion: .file())
  var file: String?

  @Option(help: "The token itself: everybody on this machine can see it.")
  var token: String?

  @Flag(help: "Ask no cloud.")
  var offline = false

  @OptionGroup var admin: AdminOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard self.file == nil || self.token == nil else {
      throw ValidationError("Name a file or --token, not both.")
    }
  }

  func run() async throws {
    let data = try self.token.map { Data($0.utf8) } ?? self.contents()
    let text: String
    do throws(NoToken) {
      text = try Self.word(of: data)
    } catch {
      try self.tell(error)
      throw ExitCode(1)
    }
    if self.offline { return try self.explainOffline(text) }
    let inspection = try await self.admin.ask(for: "token inspect") {
      try await $0.inspect(token: text)
    }
    print(try self.json ? inspection.jsonText() : inspection.plainText)
    if inspection.state != "alive" { throw ExitCode(1) }
  }

  /// Why text can't be a token, as in "it has more than one word"; never the text.
  private struct NoToken: Error {
    let why: String
  }

  private func tell(_ error: NoToken) throws {
    if self.json, self.offline {
      let none = OfflineToken(kind: nil, token: nil, wellFormed: false, bytes: nil, why: error.why)
      print(try none.jsonText())
    } else if self.json {
      print(try ["state": "unknown", "explanation": error.why].jsonText())
    } else {
      print("no token of this project: \(error.why)")
    }
  }

  private static let longestByteCount = 64 * 1_024

  private static func word(of data: Data) throws(NoToken) -> String {
    guard data.count <= Self.longestByteCount else { throw NoToken(why: "it is too long") }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw NoToken(why: "it is no text")
    }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty else { throw NoToken(why: "there is nothing") }
    guard !token.contains(where: \.isWhitespace) else {
      throw NoToken(why: "it has more than one word; inspect one token at a time, without 'Bearer'")
    }
    return token
  }

  /// - Throws: `ExitCode` when the file can't be read.
  private func contents() throws -> Data {
    let path = self.file ?? "-"
    var isFolder: ObjCBool = false
    if path != "-", FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      isFolder.boolValue
    {
      throw try AdminOptions.noAnswer(
        for: "token inspect",
        LabError(.file, "\(path) is a folder; 'relink token scan' looks through folders"))
    }
    do {
      let handle =
        path == "-"
        ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
      return try handle.read(upToCount: Self.longestByteCount + 1) ?? Data()
    } catch {
      throw try AdminOptions.noAnswer(
        for: "token inspect",
        LabError(.file, "the token can't be read from \(path): \(PlainError.text(of: error))"))
    }
  }

  private func explainOffline(_ text: String) throws {
    let bytes = Array(text.utf8)
    let found: OfflineToken
    if TokenScanner.isAccessJWT(bytes) {
      found = OfflineToken(
        kind: TokenScanner.Kind.accessJWT.word, token: TokenScanner.shortened(bytes),
        wellFormed: true, bytes: nil, why: nil)
    } else {
      found = Self.explainPrefixed(bytes)
    }
    if self.json {
      print(try found.jsonText())
    } else if let kind = found.kind, let token = found.token {
      let checksum =
        found.bytes.map { "right, over \($0) bytes" } ?? "none: a JWT is known by its shape"
      print(
        """
        kind      \(kind)
        token     \(token)
        checksum  \(checksum)
        Whether it lives only its cloud can tell.
        """)
    } else {
      print("no token of this project: \(found.why ?? "")")
    }
    if !found.wellFormed { throw ExitCode(1) }
  }

  private static func explainPrefixed(_ bytes: [UInt8]) -> OfflineToken {
    do {
      let token = try TokenText(parsing: bytes)
      return OfflineToken(
        kind: token.prefix.word, token: TokenScanner.shortened(bytes), wellFormed: true,
        bytes: token.payload.count, why: nil)
    } catch {
      return OfflineToken(
        kind: nil, token: nil, wellFormed: false, bytes: nil, why: error.explanation)
    }
  }

  private struct OfflineToken: Encodable {
    let kind: String?
    let token: String?
    let wellFormed: Bool
    /// That a checksum is over; nil without one.
    let bytes: Int?
    let why: String?
  }
}

extension TokenTextError {
  fileprivate var explanation: String {
    switch self {
    case .unknownPrefix: "it has neither a prefix of tokens here nor the shape of their JWTs"
    case .tooShort: "it is too short"
    case .wrongChecksum: "its checksum is wrong: a character is missing, or is another"
    case .notBase64URL: "it has characters that no token has"
    }
  }
}

extension InspectedToken {
  var plainText: String {
    func time(_ milliseconds: UInt64?) -> String? {
      milliseconds.map(ShownTime.exact)
    }
    let generation: String? = self.generation.map { number in
      let present = self.sessionGeneration.map { " of \($0)" } ?? ""
      // The newest of a session that is dead is dead too.
      let standing = self.standing == "live" && self.state != "alive" ? nil : self.standing
      return "\(number)\(present)" + (standing.map { ", \($0)" } ?? "")
    }
    var rows: [(String, String?)] = [
      ("kind", self.kind), ("token", self.token),
      ("state", self.reason.map { "\(self.state): \($0)" } ?? self.state),
      ("why", self.explanation), ("issued", time(self.issuedAt)),
      ("expires", time(self.expiresAt)), ("client", self.clientId),
      ("account", self.accountEmail.map { "\($0) (\(self.accountId ?? "?"))" } ?? self.accountId),
      ("device", self.deviceId),
      ("session", self.sessionEnd.map { "\(self.sessionId ?? "?") (\($0))" } ?? self.sessionId),
      ("generation", generation),
    ]
    if let logout = self.logout {
      let reason = logout.reason.isEmpty ? "" : ": \(logout.reason)"
      rows.append(
        ("logout", "\(time(logout.at) ?? "?") \(logout.scope) \(logout.target ?? "")\(reason)"))
    }
    for epoch in self.epochs ?? [] {
      let moved = epoch.minted == epoch.present ? "" : ", now \(epoch.present)"
      rows.append(("epoch", "\(epoch.scope) \(epoch.minted)\(moved)"))
    }
    return rows.compactMap { name, value in
      value.map { name.padding(toLength: 12, withPad: " ", startingAt: 0) + Terminal.printable($0) }
    }.joined(separator: "\n")
  }
}
