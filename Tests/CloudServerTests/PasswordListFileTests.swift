import CloudCore
import Foundation
import TestSupport
import Testing

@testable import CloudServer

@Suite struct PasswordListFileTests {
  private let folder: TemporaryFolder

  init() throws { self.folder = try TemporaryFolder() }

  private func write(_ bytes: [UInt8]) throws -> String {
    let path = self.folder.path + "/list"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  @Test func `each line is a password, however the line ends`() throws {
    let text = "\u{FEFF}correct horse\r\n\nshort\nCafe\u{301} Cafe\u{301}\nlast without an end"
    let list = try PasswordListFile.read(self.write(Array(text.utf8)))
    #expect(list.count == 3)
    for password in ["correct horse", "Caf\u{E9} Caf\u{E9}", "last without an end"] {
      #expect(list.contains(password.utf8))
    }
    #expect(!list.contains("short".utf8))
  }

  @Test func `a file larger than a piece of it is read whole`() throws {
    let lines = (0..<20_000).map { "password number \($0)\n" }.joined()
    let list = try PasswordListFile.read(self.write(Array(lines.utf8)))
    #expect(list.count == 20_000)
    #expect(
      (0..<20_000).allSatisfy { list.contains("password number \($0)".utf8) })
  }

  @Test func `an empty file is an empty list`() throws {
    #expect(try PasswordListFile.read(self.write([])).count == 0)
  }

  private func error(_ path: String) -> String? {
    do {
      _ = try PasswordListFile.read(path)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func `what cannot be read is told with file and line`() throws {
    let path = try self.write(Array("correct horse\nGr".utf8) + [0xF6, 0xDF] + Array("e\n".utf8))
    #expect(
      self.error(path)?.hasPrefix("cannot read the password list \(path), line 2: it is not UTF-8")
        == true)
    let long = try self.write(
      Array("correct horse\n\n".utf8) + [UInt8](repeating: 65, count: 9_000))
    #expect(self.error(long)?.contains("line 3: it is longer than 4096 bytes") == true)
    #expect(
      self.error(self.folder.path)
        == "cannot read the password list \(self.folder.path): it is not a file")
    #expect(self.error(self.folder.path + "/none")?.contains("No such file") == true)
  }
}
