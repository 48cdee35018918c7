import ArgumentParser
import CloudServer

struct APICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api", abstract: "Describe the HTTP API of the cloud.",
    discussion: """
      A running cloud serves its OpenAPI documents at /openapi.json, one on each listener.

      EXAMPLE
        relink api reference              every endpoint, as Markdown
      """, subcommands: [Reference.self])

  struct Reference: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Every endpoint of both listeners, as Markdown.",
      discussion: """
        EXAMPLE
          relink api reference docs/api.md
        """)

    @Argument(
      help: "The file to write (default: standard output).", completion: .file(extensions: ["md"]))
    var file: String?

    func run() throws {
      guard let file else { return try OutputFile.print(APIReference.text()) }
      try OutputFile.write(APIReference.text(), to: file)
    }
  }
}
