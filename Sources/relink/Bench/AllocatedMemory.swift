import Foundation
import Scenarios

/// What `malloc` has given out, with what it adds to each piece.
enum AllocatedMemory {
  private typealias WriteInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>?) -> Int32

  /// - Throws: `LabError` where the C library is not glibc: its `malloc_info` is asked, which no
  ///   module of Swift's shows.
  static func byteCount() throws -> Double {
    guard let symbol = dlsym(nil, "malloc_info") else {
      throw LabError(.file, "this C library does not tell what it has allocated")
    }
    var text: UnsafeMutablePointer<CChar>?
    var count = 0
    guard let stream = open_memstream(&text, &count) else {
      throw LabError(.file, "memory for what the C library has allocated")
    }
    let result = unsafeBitCast(symbol, to: WriteInfo.self)(0, stream)
    fclose(stream)
    defer { free(text) }
    guard result == 0, let text else {
      throw LabError(.file, "the C library does not tell what it has allocated")
    }
    return try Self.inUse(String(cString: text))
  }

  /// From the totals of all arenas, which stand last: what they have of the system, less what is
  /// free, and what has a mapping of its own.
  static func inUse(_ info: String) throws -> Double {
    func size(_ element: String) throws -> Double {
      guard let start = info.range(of: "<\(element)", options: .backwards),
        let size = info[start.upperBound...].range(of: "size=\""),
        let number = Double(info[size.upperBound...].prefix { $0 != "\"" })
      else { throw LabError(.unexpectedAnswer, "the C library tells nothing of \(element)") }
      return number
    }
    return try size("system type=\"current\"") - size("total type=\"fast\"")
      - size("total type=\"rest\"") + size("total type=\"mmap\"")
  }
}
