import ArgumentParser
import Foundation
import Scenarios
import Simulation

struct ScenarioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenario",
    abstract: "Check scenario files, and describe their language.",
    discussion: """
      EXAMPLES
        relink scenario check scenarios/     read all files of a folder, and run nothing
        relink scenario schema               the JSON Schema, for editors
        relink scenario reference            every key of the language, as Markdown
      """,
    subcommands: [Check.self, Schema.self, Reference.self])

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read scenario files and say what is wrong with them; nothing is run.",
      discussion: """
        Exit code 0 only if all are right.

        EXAMPLE
          relink scenario check scenarios/two-homes.yaml
        """)

    @Argument(
      help: "Files, or folders with files.", completion: .file(extensions: ["yaml", "yml"]))
    var paths: [String]

    func run() throws {
      var isRight = true
      for path in self.paths {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let files =
          isThere && isFolder.boolValue ? try ScenarioFile.scenarioFiles(in: path) : [path]
        for file in files where !self.check(file) { isRight = false }
      }
      guard isRight else { throw ExitCode.failure }
    }

    private func check(_ file: String) -> Bool {
      do {
        let runs = try ScenarioFile.read(file)
        print("\(file): right, \(runs.count) \(runs.count == 1 ? "run" : "runs")")
        return true
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        return false
      }
    }
  }

  struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The JSON Schema of scenario files (draft 2020-12).",
      discussion: """
        EXAMPLE
          relink scenario schema scenario.schema.json
        """)

    @Argument(help: "The file to write (default: standard output).", completion: .file())
    var file: String?

    func run() throws {
      guard let file else {
        print(ScenarioSchema.text, terminator: "")
        return
      }
      try OutputFile.write(ScenarioSchema.text, to: file)
    }
  }

  struct Reference: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Every key of scenario files, as Markdown.",
      discussion: """
        EXAMPLE
          relink scenario reference docs/scenarios.md
        """)

    @Argument(
      help: "A page to put it into, between its two marks (default: standard output).",
      completion: .file(extensions: ["md"]))
    var page: String?

    func run() throws {
      guard let page else {
        print(ScenarioReference.text, terminator: "")
        return
      }
      guard
        let text = ScenarioReference.replaced(
          in: try String(contentsOfFile: page, encoding: .utf8))
      else { throw ValidationError("\(page) lacks the mark \(ScenarioReference.marks.begin)") }
      try OutputFile.write(text, to: page)
    }
  }
}
