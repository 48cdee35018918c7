import CloudCore
import Foundation
import Testing

@testable import CloudServer

/// What each preset does, as a text to read: played against a whole cloud over TLS, with a clock
/// that the test sets. `docs/token-policies.md`, "Recording a transcript", says how to write them
/// anew.
@Suite(.timeLimit(.minutes(5))) struct TranscriptTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Transcripts")
  private static let isRecording =
    ProcessInfo.processInfo.environment["RELINK_RECORD_TRANSCRIPTS"] == "1"

  @Test(arguments: PolicyPreset.allCases)
  func `a preset answers as its transcript says`(preset: PolicyPreset) async throws {
    let played = try await Transcript.play(preset)
    let file = Self.folder.appending(path: "\(preset.rawValue).txt")
    if Self.isRecording { try played.write(to: file, atomically: true, encoding: .utf8) }
    let expected = try String(contentsOf: file, encoding: .utf8)
    let lines = zip(
      played.split(separator: "\n", omittingEmptySubsequences: false),
      expected.split(separator: "\n", omittingEmptySubsequences: false))
    for (number, (line, expectedLine)) in lines.enumerated() where line != expectedLine {
      Issue.record("\(file.lastPathComponent):\(number + 1): \(line) instead of \(expectedLine)")
      return
    }
    #expect(played == expected)
  }

  @Test func `there is a transcript of every preset and of nothing else`() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.folder.path(percentEncoded: false))
    #expect(Set(files) == Set(PolicyPreset.allCases.map { "\($0.rawValue).txt" }))
  }

  @Test func `no transcript has a token or an id in it`() throws {
    for preset in PolicyPreset.allCases {
      let text = try String(
        contentsOf: Self.folder.appending(path: "\(preset.rawValue).txt"), encoding: .utf8)
      #expect(!text.contains("rlk"))
      #expect(try text.firstMatch(of: Regex("[0-9a-f]{8}-[0-9a-f]{4}")) == nil)
    }
  }
}
