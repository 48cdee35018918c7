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
        Exit code 0 if all are right; 1 if one is wrong or cannot be read.

        EXAMPLE
          relink scenario check scenarios/two-homes.yaml
        """)

    @Argument(
      help: "Files, or folders with files.", completion: .file(extensions: ["yaml", "yml"]))
    var paths: [String]

    func run() throws {
      let firmware = try FirmwareTable(manifest: Programs.neededFirmwareManifest())
      let (files, errors) = SuiteFile.read(self.paths, firmware: firmware)
      let lines = files.map { file in
        let count = SuitePrinter.count(file.scenarios.count, "run")
        return Terminal.printable("\(file.path): right, \(count)") + "\n"
      }
      for error in errors { SuitePrinter(toStandardError: true).mistake(error) }
      try OutputFile.print(lines.joined())
      guard errors.isEmpty else { throw ExitCode.failure }
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
        return try OutputFile.print(ScenarioSchema.text)
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
        return try OutputFile.print(ScenarioReference.text)
      }
      guard
        let text = ScenarioReference.replaced(
          in: try String(contentsOfFile: page, encoding: .utf8))
      else { throw ValidationError("\(page) lacks the mark \(ScenarioReference.marks.begin)") }
      try OutputFile.write(text, to: page)
    }
  }
}
