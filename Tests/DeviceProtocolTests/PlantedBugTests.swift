import DeviceProtocol
import Foundation
import Testing

struct PlantedBugTests {
  #if PLANTED_BUGS
    @Test func `one bug is on at a time, and none unless it was chosen`() {
      #expect(plantedBug == nil)
      for bug in PlantedBug.allCases {
        plantedBug = bug
        #expect(PlantedBug.allCases.filter { isPlanted($0) } == [bug])
      }
      plantedBug = nil
    }
  #else
    @Test func `an ordinary build has no bug`() {
      #expect(!PlantedBug.allCases.contains { isPlanted($0) })
    }
  #endif

  @Test func `each bug has its line in the documentation, in order`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "docs/planted-bugs.md"), encoding: .utf8)
    let names = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
      $0.dropFirst(3).prefix { $0 != "`" }
    }
    #expect(names.map(String.init) == PlantedBug.allCases.map { "\($0)" })
  }
}
