import Foundation

/// Reads a scenario file with all that it includes as one element.
///
/// Each part is laid over those before it, and the file that includes them over all.
struct Inclusion {
  private static let maximumFileCount = 64
  /// The files that are being read, the outermost first, as they are once links are followed.
  private var open: [String] = []
  private var fileCount = 0

  /// - Throws: `ScenarioError`; a file that includes itself in any spelling is one.
  mutating func element(
    of file: String, text: String, as shape: Shape
  ) throws(ScenarioError) -> Element {
    let root = try Element(parsing: text, file: file)
    guard var members = root.members else {
      throw root.place.error("\(shape.what) must be a mapping of names to values")
    }
    try Self.check(members, of: shape)
    guard let index = members.firstIndex(where: { $0.key == "include" }) else { return root }
    let include = members.remove(at: index).value
    self.open.append(Self.identity(of: file))
    var merged: [Element.Member] = []
    for item in include.items ?? [] {
      let part = try self.part(item, of: file)
      merged = Self.lay(part.members ?? [], over: merged)
    }
    self.open.removeLast()
    return Element(place: root.place, content: .mapping(Self.lay(members, over: merged)))
  }

  private mutating func part(
    _ item: Element, of file: String
  ) throws(ScenarioError) -> Element {
    guard let name = item.scalar, TextRule.path.accepts(name) else {
      throw item.place.error("'include' must be a list of paths of files, relative to this one")
    }
    let path =
      name.hasPrefix("/")
      ? name
      : URL(filePath: file).deletingLastPathComponent().appending(path: name).relativePath
    let identity = Self.identity(of: path)
    guard !self.open.contains(identity) else {
      throw item.place.error("'\(name)' includes itself, here or through other files")
    }
    self.fileCount += 1
    guard self.fileCount <= Self.maximumFileCount else {
      throw item.place.error("more than \(Self.maximumFileCount) files are included")
    }
    let text: String
    do {
      text = try FileText.read(path)
    } catch {
      throw item.place.error("'\(name)' can't be included: \(error.message)")
    }
    return try self.element(of: path, text: text, as: Grammar.part)
  }

  /// The keys, and whether each is what can be merged: what stands within is checked once all is
  /// there.
  private static func check(
    _ members: [Element.Member], of shape: Shape
  ) throws(ScenarioError) {
    for member in members {
      guard let key = shape.keys.first(where: { $0.name == member.key }) else {
        throw member.keyPlace.error(
          "'\(member.key)' is not a part of \(shape.what)",
          suggestion: Spelling.suggestion(for: member.key, among: shape.keys.map(\.name)))
      }
      let what = "'\(key.name)' of \(shape.what)"
      switch key.kind {
      case .list(_, let limit):
        guard let count = member.value.items?.count, count > 0 else {
          throw member.value.place.error("\(what) must be a list of at least one")
        }
        guard count <= limit else {
          throw member.value.place.error("\(what) has \(count) items; \(limit) is the most")
        }
      case .mapping(let inner):
        guard member.value.members != nil else {
          throw member.value.place.error("\(inner.what) must be a mapping of names to values")
        }
      default: break
      }
    }
  }

  /// Lists one after the other, the lower first; of two settings the upper one.
  private static func lay(
    _ upper: [Element.Member], over lower: [Element.Member]
  ) -> [Element.Member] {
    var result = lower
    for member in upper {
      guard let index = result.firstIndex(where: { $0.key == member.key }) else {
        result.append(member)
        continue
      }
      switch (result[index].value.content, member.value.content) {
      case (.list(let former), .list(let latter)):
        result[index].value.content = .list(former + latter)
      case (.mapping(let former), .mapping(let latter)):
        result[index].value.content = .mapping(
          former.filter { old in !latter.contains { $0.key == old.key } } + latter)
      default:
        result[index] = member
      }
    }
    return result
  }

  private static func identity(of path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}
