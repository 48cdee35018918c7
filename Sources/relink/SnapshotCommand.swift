import ArgumentParser
import CloudCore
import Foundation
import Scenarios

struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot",
    abstract: "Save the whole state of a running cloud by name, and restore it.",
    discussion: """
      EXAMPLES
        relink snapshot save paired
        relink snapshot restore paired
        relink snapshot list
      """,
    subcommands: [Save.self, Restore.self, List.self, Delete.self], defaultSubcommand: List.self)

  struct Save: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Save the state; one of the same name is replaced.",
      discussion: "EXAMPLE\n  relink snapshot save paired")
    @Argument(help: "Letters, digits, '.', '_' and '-'.") var name: SnapshotArgument
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let entry = try await self.admin.withClient { try await $0.saveSnapshot(self.name.text) }
      print(
        try self.json ? entry.jsonText() : "saved \(entry.name): \(entry.bytes) bytes")
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Restore a state; streams that are open are closed.",
      discussion: """
        Whoever was logged out since it was saved stays logged out, unless --epochs is as_saved:
        then those logouts are undone, and the audit log forgets them.

        EXAMPLE
          relink snapshot restore paired --epochs as_saved
        """)
    enum Part: String, ExpressibleByArgument, CaseIterable {
      case kept
      case asSaved = "as_saved"
    }
    @Argument(help: "Of a saved state.") var name: SnapshotArgument
    @Option(help: "What logouts and expiries since are worth.") var epochs = Part.kept
    @Option(help: "Where the clock goes on.") var clock = Part.asSaved
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let entry = try await self.admin.withClient {
        try await $0.restoreSnapshot(
          self.name.text, epochs: self.epochs.rawValue, clock: self.clock.rawValue)
      }
      print(try self.json ? entry.jsonText() : "restored \(entry.name)")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what is saved.", discussion: "EXAMPLE\n  relink snapshot list --json")
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let list = try await self.admin.withClient { try await $0.snapshots() }
      for damaged in list.damaged ?? [] {
        let line =
          "the snapshot \(damaged.name) is damaged: \(Terminal.printable(damaged.detail))\n"
        try FileHandle.standardError.write(contentsOf: Data(line.utf8))
      }
      let entries = list.snapshots
      if self.json {
        print(try entries.jsonText())
        return
      }
      if entries.isEmpty { return print("nothing is saved") }
      let rows = entries.map { entry in
        [entry.name, ShownTime.text(entry.savedAt), ShownTime.text(entry.at), "\(entry.bytes)"]
      }
      print(Terminal().table([["NAME", "SAVED", "CLOCK", "BYTES"]] + rows))
    }
  }

  struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a saved state.", discussion: "EXAMPLE\n  relink snapshot delete paired")
    @Argument(help: "Of a saved state.") var name: SnapshotArgument
    @OptionGroup var admin: AdminOptions

    func run() async throws {
      try await self.admin.withClient { try await $0.deleteSnapshot(self.name.text) }
      print("deleted \(self.name.text)")
    }
  }
}

/// The name of a snapshot that can be one.
struct SnapshotArgument: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard SnapshotName(argument) != nil else { return nil }
    self.text = argument
  }
}
