import Foundation
import Testing

@testable import Scenarios

/// The committed files are what the grammar yields.
struct ScenarioDocumentsTests {
  private func text(_ name: String) throws -> String {
    let folder = URL(filePath: try Programs.beside().defaultScenario)
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  @Test func `the schema is up to date`() throws {
    #expect(
      try self.text("scenarios/scenario.schema.json") == ScenarioSchema.text, "run 'make docs'")
  }

  @Test func `the reference is up to date`() throws {
    let page = try self.text("docs/scenarios.md")
    #expect(ScenarioReference.replaced(in: page) == page, "run 'make docs'")
  }

  @Test func `the page's own scenario is right, and its mistake is told as the page says`() throws {
    let page = try self.text("docs/scenarios.md")
    let blocks = page.matches(of: /```yaml\n((?:.*\n)*?)```/).map { String($0.1) }
    let scenario = blocks.prefix(4).joined(separator: "\n")
    #expect(throws: Never.self) { try ScenarioFile.parse(scenario, file: "porch.yaml") }
    let error = #expect(throws: ScenarioError.self) {
      try ScenarioFile.parse(
        scenario.replacing("- pair: porch", with: "- pair: prch"), file: "scenarios/porch.yaml")
    }
    #expect(page.contains("\(error?.description ?? "")\n"), "\(error?.description ?? "")")
    let several = blocks[0] + blocks[1] + blocks[4]
    #expect(try ScenarioFile.parse(several, file: "porch.yaml").count == 2)
  }

  @Test func `each mapping of the grammar has a section and a definition`() throws {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(ScenarioSchema.text.utf8)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: Any])
    #expect(definitions.count == Grammar.shapes.count + Selection.allCases.count + 1)
    for link in ScenarioReference.text.matches(of: /\]\(#([a-z-]+)\)/).map({ String($0.1) }) {
      let isThere =
        ["who", "durations"].contains(link)
        || Grammar.shapes.contains { $0.what.replacing(" ", with: "-") == link }
      #expect(isThere, "#\(link)")
    }
    let references = ScenarioSchema.text.matches(of: /#\/\$defs\/([a-z_]+)/)
    for reference in references { #expect(definitions[String(reference.1)] != nil) }
  }

  /// What a part that is laid under it may bring is not required of the file.
  @Test func `the schema demands nothing of a setting that may stand in several files`() throws {
    let schema = try #require(
      JSONSerialization.jsonObject(with: Data(ScenarioSchema.text.utf8)) as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: [String: Any]])
    for name in ["fleet", "cloud", "timing", "weather"] {
      #expect(try #require(definitions[name])["required"] == nil, "\(name)")
    }
    #expect(definitions["device"]?["required"] != nil)
  }

  @Test func `rules name keys that there are, and every key says something`() {
    for shape in Grammar.shapes {
      let keys = shape.keys.map(\.name)
      #expect(Set(keys).count == keys.count, "\(shape.what)")
      for key in shape.keys { #expect(key.says.hasSuffix("."), "\(key.name) of \(shape.what)") }
      for rule in shape.rules {
        let named =
          switch rule {
          case .exactlyOne(let keys), .atLeastOne(let keys), .atMostOne(let keys): keys
          case .needs(let key, let other): [key, other]
          }
        #expect(Set(named).isSubset(of: keys), "\(shape.what)")
      }
    }
  }
}
