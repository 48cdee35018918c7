package import CloudCore
import Glibc

/// Reads an operator's list of passwords that are known to others: one a line, in UTF-8. It is read
/// twice, in pieces, so that a file of any size takes no more memory than the list made of it.
package enum PasswordListFile {
  /// - Throws: `CloudServerError.badOption`, which names the file and, of a bad line, its number.
  package static func read(_ path: String) throws(CloudServerError) -> PasswordList {
    var builder = PasswordList.Builder()
    var isFull = false
    var lineCount = 0
    try self.forEachPassword(in: path) { password in
      lineCount += 1
      builder.count(password)
      return lineCount < Int(UInt32.max)
    }
    guard lineCount < Int(UInt32.max) else { throw self.failure(path, "it has too many lines") }
    builder.endCounting()
    try self.forEachPassword(in: path) { password in
      isFull = !builder.add(password)
      return !isFull
    }
    guard !isFull, let list = builder.list() else {
      throw self.failure(path, "it was changed while it was read")
    }
    return list
  }

  /// Calls the body with each password that is long enough to be chosen, normalised, until it
  /// returns false.
  private static func forEachPassword(
    in path: String, _ body: ([UInt8]) -> Bool
  ) throws(CloudServerError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw self.failure(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw self.failure(path, String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw self.failure(path, "it is not a file") }
    var lines = Lines(path: path)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw self.failure(path, String(cString: strerror(errno))) }
      guard count > 0 else { break }
      guard try lines.take(buffer[..<count], body) else { return }
    }
    _ = try lines.end(body)
  }

  /// Cuts bytes into lines.
  private struct Lines {
    let path: String
    private var number = 0
    private var rest: [UInt8] = []
    private static let longestByteCount = 4_096

    init(path: String) { self.path = path }

    /// - Returns: False once the body has returned false.
    mutating func take(
      _ bytes: ArraySlice<UInt8>, _ body: ([UInt8]) -> Bool
    ) throws(CloudServerError) -> Bool {
      var start = bytes.startIndex
      while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        self.rest += bytes[start..<end]
        guard try self.end(body) else { return false }
        start = end + 1
      }
      self.rest += bytes[start...]
      guard self.rest.count <= Self.longestByteCount else { throw self.tooLong }
      return true
    }

    /// Ends the line that was begun.
    mutating func end(_ body: ([UInt8]) -> Bool) throws(CloudServerError) -> Bool {
      guard self.rest.count <= Self.longestByteCount else { throw self.tooLong }
      self.number += 1
      if self.number == 1, self.rest.starts(with: [0xEF, 0xBB, 0xBF]) { self.rest.removeFirst(3) }
      if self.rest.last == UInt8(ascii: "\r") { self.rest.removeLast() }
      defer { self.rest.removeAll(keepingCapacity: true) }
      if self.rest.allSatisfy({ $0 < 0x80 }) {
        return self.rest.count < Password.leastCharacterCount || body(self.rest)
      }
      guard let text = String(validating: self.rest, as: UTF8.self) else {
        throw PasswordListFile.failure(
          self.path, line: self.number,
          "it is not UTF-8; iconv -f LATIN1 -t UTF-8 makes it so if it is Latin-1")
      }
      let normalised = PasswordText(text).normalised
      return normalised.unicodeScalars.count < Password.leastCharacterCount
        || body(Array(normalised.utf8))
    }

    private var tooLong: CloudServerError {
      PasswordListFile.failure(
        self.path, line: self.number + 1,
        "it is longer than \(Self.longestByteCount) bytes; is this a list of one password a line?")
    }
  }

  fileprivate static func failure(
    _ path: String, line: Int? = nil, _ detail: String
  ) -> CloudServerError {
    CloudServerError(
      .badOption,
      attempted: "read the password list \(path)\(line.map { ", line \($0)" } ?? "")",
      detail: detail)
  }
}
