import Foundation
package import Simulation

/// Scenarios as files: `docs/scenarios.md`.
package enum ScenarioFile {
  /// Reads a scenario file with what it includes.
  ///
  /// - Parameter firmware: What the manifest has; a device that runs something else is an error. Nil
  ///   accepts anything.
  /// - Returns: One scenario, or with `for_each` one for each value.
  /// - Throws: `ScenarioError` with file, line, column and, where one is near, a suggestion.
  package static func read(
    _ path: String, firmware: FirmwareTable? = nil
  ) throws(ScenarioError) -> [Scenario] {
    try self.parse(try FileText.read(path), file: path, firmware: firmware)
  }

  /// Reads a file that describes one run only.
  package static func readOne(_ path: String) throws(ScenarioError) -> Scenario {
    let scenarios = try self.read(path)
    guard scenarios.count == 1 else {
      throw ScenarioError(
        file: path,
        message: "the file describes \(scenarios.count) runs, and only one can be had here")
    }
    return scenarios[0]
  }

  /// - Parameter file: For messages; what is included is relative to it.
  package static func parse(
    _ text: String, file: String, firmware: FirmwareTable? = nil
  ) throws(ScenarioError) -> [Scenario] {
    var inclusion = Inclusion()
    var root = try inclusion.element(of: file, text: text, as: Grammar.scenario)
    try self.refusePart(root, file: file)
    guard let variables = try root.takeVariables() else {
      return [try self.scenario(root, file: file, variant: nil, firmware)]
    }
    try variables.checkUse(in: root)
    var scenarios: [Scenario] = []
    for run in variables.runs {
      scenarios.append(
        try self.scenario(
          root.substituting(run), file: file, variant: Variables.title(of: run), firmware))
    }
    return scenarios
  }

  /// A part without a name was not forgotten to be given one.
  private static func refusePart(_ root: Element, file: String) throws(ScenarioError) {
    let folder = URL(filePath: file).deletingLastPathComponent().lastPathComponent
    guard folder == "parts", root.member("scenario") == nil else { return }
    throw root.place.error(
      "a scenario needs 'scenario'",
      suggestion: "a file in a folder named 'parts' is for 'include': check a file that includes it"
    )
  }

  /// Folders whose files are no part of the folders above them: `parts` are for `include`, and what
  /// is at `full-scale` takes minutes and gigabytes and is run when it is named.
  private static let separateFolders: Set<Substring> = ["parts", "full-scale"]

  /// All files below the folder that are scenarios, sorted; not those in folders below it that stand
  /// for themselves. Links to files are followed, and so is the folder if it is a link.
  package static func scenarioFiles(in folder: String) throws(ScenarioError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.subpathsOfDirectory(
        atPath: URL(filePath: folder).resolvingSymlinksInPath().path)
    } catch {
      throw ScenarioError(
        file: folder, message: "the folder can't be read: \(PlainError.text(of: error))")
    }
    return names.filter { name in
      (name.hasSuffix(".yaml") || name.hasSuffix(".yml"))
        && self.separateFolders.isDisjoint(with: name.split(separator: "/").dropLast())
    }
    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    .map { "\(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)/\($0)" }
    .filter(self.isFile)
  }

  /// Not a folder, nor a pipe, which would be waited for without end.
  private static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The file, or all scenario files of the folder.
  static func files(at path: String) throws(ScenarioError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ScenarioError(file: path, message: "there is no such file or folder")
    }
    guard isFolder.boolValue else { return [path] }
    let files = try self.scenarioFiles(in: path)
    guard !files.isEmpty else {
      throw ScenarioError(file: path, message: "no scenario file (*.yaml) is in this folder")
    }
    return files
  }

  private static func scenario(
    _ root: Element, file: String, variant: String?, _ firmware: FirmwareTable?
  ) throws(ScenarioError) -> Scenario {
    let ways = root.member("ways")?.items?.compactMap(\.scalar) ?? []
    var checker = Checker(
      isReal: ways.contains(Scenario.Way.real.word), hasFleet: root.member("fleet") != nil)
    let fields = try checker.read(root, as: Grammar.scenario)
    var scenario = try Scenario(fields, file: file)
    try firmware?.check(fields)
    if let variant { scenario.variant = variant }
    if let problem = scenario.problems().first {
      throw fields.place(of: problem).error(problem.message, suggestion: problem.suggestion)
    }
    return scenario
  }
}

extension Element {
  fileprivate func member(_ key: String) -> Element? {
    self.members?.first { $0.key == key }?.value
  }

  /// Takes `for_each` out; nil when there is none.
  fileprivate mutating func takeVariables() throws(ScenarioError) -> Variables? {
    guard var members = self.members,
      let index = members.firstIndex(where: { $0.key == "for_each" })
    else { return nil }
    if let variant = members.first(where: { $0.key == "variant" }) {
      throw variant.keyPlace.error("'variant' is given by 'for_each' here")
    }
    let variables = try Variables(members.remove(at: index).value)
    self.content = .mapping(members)
    return variables
  }
}

extension Fields {
  /// Of the step or claim that the problem is in.
  fileprivate func place(of problem: Scenario.Problem) -> Place {
    switch problem.part {
    case .step(let index): self["steps"]?.list[index].place ?? self.place
    case .claim(let index): self["claims"]?.list[index].place ?? self.place
    case .whole: self.place
    }
  }
}
