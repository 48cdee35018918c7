import ArgumentParser
import CloudCore
import DeviceProtocol
import Foundation
import Scenarios

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Find tokens that leaked, explain one, expire and revoke them, show sessions.",
    discussion: """
      EXAMPLES
        relink token scan logs/ dump.sql
        relink token inspect < token.txt
        relink token expire --account ada@example.org
        relink token revoke --account ada@example.org --client relink-app
        relink token sessions --kind camera
        relink token history 0d9c7a52-41d4-4c6f-8d59-5a4f3d9e0a77
      """,
    subcommands: [
      TokenScanCommand.self, TokenInspectCommand.self, TokenExpireCommand.self,
      TokenRevokeCommand.self, TokenSessionsCommand.self, TokenHistoryCommand.self,
    ])

  func run() async throws {
    throw ValidationError("Say what to do: scan, inspect, expire, revoke, sessions or history.")
  }
}

struct TokenScanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Find tokens in files, off line, by prefix and checksum, or as JWTs by shape.",
    discussion: """
      Prints FILE:LINE:COLUMN: KIND SHORTENED for each, never a whole one. Ends with 1 when
      there is any, 0 when there is none, 2 when something can't be read. KIND access_jwt is an
      access token that is a JWT: it has no checksum and is known by its shape. Files are read in
      pieces, folders with all that is in them; links in them are not followed. Whether a token
      that was found still lives is what 'relink token inspect' tells.

      EXAMPLES
        relink token scan cloud.log dumps/
        git log -p | relink token scan
      """)

  @Argument(
    help: "Files and folders; - or nothing is standard input.", completion: .file())
  var files: [String] = []

  @Flag(help: "Print JSON, an object a line.")
  var json = false

  func run() throws {
    var isAnyFound = false
    var unreadable = 0
    for path in self.files.isEmpty ? ["-"] : self.files {
      for file in try self.expanded(path, unreadable: &unreadable) {
        do {
          if try self.scan(file) { isAnyFound = true }
        } catch {
          unreadable += 1
          try Self.complain(of: file, error)
        }
      }
    }
    if unreadable > 0 { throw ExitCode(2) }
    if isAnyFound { throw ExitCode(1) }
  }

  private static func complain(of path: String, _ error: any Error) throws {
    let text = "relink token scan: \(Terminal.printable(path)): \(error.localizedDescription)\n"
    try FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// The files of a folder and of those in it, by name; else the path itself.
  ///
  /// - Parameter unreadable: Counts what can't be looked into, which is told.
  private func expanded(_ path: String, unreadable: inout Int) throws -> [String] {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    guard path != "-", manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return [path] }
    var files: [String] = []
    var folders = [path]
    while let folder = folders.popLast() {
      do {
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        for path in try manager.contentsOfDirectory(atPath: folder).map({ start + $0 }) {
          // Of a link this tells the link; what can't be told is read, which tells why not.
          switch try? manager.attributesOfItem(atPath: path)[.type] as? FileAttributeType {
          case .typeRegular?, nil: files.append(path)
          case .typeDirectory?: folders.append(path)
          default: break
          }
        }
      } catch {
        unreadable += 1
        try Self.complain(of: folder, error)
      }
    }
    return files.sorted()
  }

  /// - Returns: Whether there was any.
  private func scan(_ path: String) throws -> Bool {
    let handle =
      path == "-"
      ? FileHandle.standardInput : try FileHandle(forReadingFrom: URL(filePath: path))
    defer { if path != "-" { try? handle.close() } }
    var scanner = TokenScanner()
    var isAnyFound = false
    while true {
      let piece = try handle.read(upToCount: 1 << 20) ?? Data()
      for finding in scanner.scan(Array(piece), isLast: piece.isEmpty) {
        isAnyFound = true
        try self.tell(finding, in: path)
      }
      if piece.isEmpty { return isAnyFound }
    }
  }

  private func tell(_ finding: TokenScanner.Finding, in path: String) throws {
    let name = path == "-" ? "(standard input)" : path
    if self.json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let line = FoundToken(
        file: name, line: finding.line, column: finding.column, kind: "\(finding.kind.word)",
        token: finding.shortened)
      print(String(decoding: try encoder.encode(line), as: UTF8.self))
    } else {
      print(
        "\(Terminal.printable(name)):\(finding.line):\(finding.column): \(finding.kind.word) \(finding.shortened)"
      )
    }
  }

  private struct FoundToken: Encodable {
    let file: String
    let line: Int
    let column: Int
    let kind: String
    let token: String
  }
}
