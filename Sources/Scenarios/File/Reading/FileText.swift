import Foundation

enum FileText {
  /// 1 MiB.
  static let maximumByteCount = 1 << 20

  /// - Throws: `ScenarioError` without a line.
  static func read(_ path: String) throws(ScenarioError) -> String {
    let bytes: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      bytes = try file.read(upToCount: Self.maximumByteCount + 1) ?? Data()
    } catch {
      throw ScenarioError(
        file: path, message: "the scenario file can't be read: \(Self.reason(of: error))")
    }
    guard bytes.count <= Self.maximumByteCount else {
      throw ScenarioError(file: path, message: "the scenario file is larger than 1 MiB")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ScenarioError(file: path, message: "the scenario file is not UTF-8")
    }
    // Some editors begin a file with a mark of its byte order, which is no part of the text.
    return text.unicodeScalars.first == "\u{FEFF}"
      ? String(text.unicodeScalars.dropFirst()) : text
  }

  private static func reason(of error: any Error) -> String {
    switch (error as? CocoaError)?.code {
    case .fileReadNoSuchFile, .fileNoSuchFile: "there is none"
    case .fileReadNoPermission: "permission denied"
    default: PlainError.text(of: error)
    }
  }
}
