import ArgumentParser
import Foundation
import Scenarios

extension LogoutCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Log out all accounts, devices and sessions of a file, in one transaction.",
      discussion: """
        One entry a line, or a JSON array of strings: an e-mail address or an id, alone or after
        the word 'account', 'device' or 'session'. Empty lines and those that begin with # are
        skipped. If an entry is unknown, nobody is logged out, and this ends with 1; so does a dry run.

        EXAMPLES
          relink logout list leaked.txt --dry-run
          jq '[.[].email]' customers.json | relink logout list - --skip-unknown
        """)
    @Argument(help: "The file; - is standard input.", completion: .file()) var file: String
    @Flag(help: "Log out the others when some entries are unknown.") var skipUnknown = false
    @OptionGroup var options: Options

    func run() async throws {
      let list = try LogoutFile(contentsOf: self.file)
      var request = LogoutRequest(scope: "list")
      request.entries = list.entries.map(\.text)
      request.reason = self.options.reason
      if self.options.dryRun {
        request.dryRun = true
        let reach = try await self.options.admin.withClient { [request] in
          try await $0.reach(request)
        }
        let unknown = reach.unknown ?? []
        let isRefused = !unknown.isEmpty && !self.skipUnknown
        if self.options.json {
          print(try reach.jsonText())
        } else if !isRefused {
          print(reach.plainText)
        }
        try self.tell(unknown, of: list)
        // What the real run would say and end with.
        if isRefused { throw Self.refusal(unknown.count, "nobody would be logged out") }
        return
      }
      request.skipUnknown = self.skipUnknown
      let outcome = try await self.options.admin.withClient { [request] in
        try await $0.logOutList(request)
      }
      switch outcome {
      case .loggedOut(let answer):
        if self.options.json {
          print(try answer.jsonText())
        } else {
          print("\(answer.loggedOut) of the list are logged out: \(answer.sessions) sessions ended")
        }
        try self.tell(answer.unknown, of: list)
      case .unknown(let indices):
        try self.tell(indices, of: list)
        throw Self.refusal(indices.count, "nobody was logged out")
      }
    }

    private static func refusal(_ count: Int, _ outcome: String) -> LabError {
      LabError(
        .unexpectedAnswer,
        "\(count) of the entries name nothing that is known; \(outcome) (see --skip-unknown).")
    }

    /// Says which entries are unknown, on standard error.
    private func tell(_ unknown: [Int], of list: LogoutFile) throws {
      let text = unknown.filter { list.entries.indices.contains($0) }.map { index in
        let entry = list.entries[index]
        return
          "\(Terminal.printable(self.file)):\(entry.line): unknown: \(Terminal.printable(entry.text))\n"
      }.joined()
      try FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
  }
}

/// The entries of a file, with their lines from 1.
struct LogoutFile {
  struct Entry: Equatable {
    let line: Int
    let text: String
  }

  let entries: [Entry]

  /// - Parameter path: `-` is standard input.
  init(contentsOf path: String) throws {
    let data: Data
    do {
      data = try Self.read(path)
    } catch {
      throw LabError(.file, "The list \(path) can't be read: \(error.localizedDescription)")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw LabError(.file, "The list \(path) is not UTF-8.")
    }
    try self.init(text, name: path)
  }

  /// Whatever can be read to an end, a pipe too.
  private static func read(_ path: String) throws -> Data {
    if path == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Unreadable(errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Unreadable(errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw Unreadable(EISDIR) }
    return try handle.readToEnd() ?? Data()
  }

  private struct Unreadable: LocalizedError {
    let errorDescription: String?
    init(_ code: Int32) { self.errorDescription = String(cString: strerror(code)) }
  }

  init(_ text: String, name: String) throws {
    let first = text.first { !$0.isWhitespace }
    if first == "[" || first == "{" {
      guard let texts = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
        throw LabError(.file, "The list \(name) is no JSON array of strings.")
      }
      // JSON has no lines to tell: the number of the entry stands for it.
      self.entries = texts.enumerated().map { Entry(line: $0.offset + 1, text: $0.element) }
    } else {
      // By scalars: a line break of two characters is one Character.
      let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      self.entries = lines.enumerated().compactMap { index, line in
        let text = String(Substring(line)).trimmingCharacters(
          in: .whitespacesAndNewlines)
        return text.isEmpty || text.hasPrefix("#") ? nil : Entry(line: index + 1, text: text)
      }
    }
    guard !self.entries.isEmpty else { throw LabError(.file, "The list \(name) is empty.") }
  }
}
