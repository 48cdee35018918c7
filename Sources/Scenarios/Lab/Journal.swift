import Foundation

/// One line that a process of the lab printed: a JSON object with an `event`.
package struct JournalEntry: Sendable {
  package let event: String
  private let members: [String: JournalValue]
  package let line: String

  /// Nil unless a JSON object with a text `event`.
  package init?(line: String) {
    guard
      let members = try? JSONDecoder().decode([String: JournalValue].self, from: Data(line.utf8)),
      case .text(let event)? = members["event"]
    else { return nil }
    self.event = event
    self.members = members
    self.line = line
  }

  package func text(_ name: String) -> String? {
    if case .text(let text)? = self.members[name] { text } else { nil }
  }

  package func integer(_ name: String) -> Int64? {
    if case .integer(let value)? = self.members[name] { value } else { nil }
  }

  package func boolean(_ name: String) -> Bool? {
    if case .boolean(let value)? = self.members[name] { value } else { nil }
  }
}

/// Members that nobody asks for (lists, objects, null) are `other`.
private enum JournalValue: Decodable, Sendable {
  case text(String)
  case integer(Int64)
  case boolean(Bool)
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .other
    }
  }
}

/// What a process has printed so far, and the tasks that wait for what it will print.
package actor Journal {
  /// A place in a journal: what comes after it is new.
  package struct Mark: Equatable, Sendable { fileprivate let index: Int }

  package static let beginning = Mark(index: 0)

  private let name: String
  private let observer: @Sendable (JournalEntry) -> Void
  private var entries: [JournalEntry] = []
  private var isClosed = false
  private var waiters: [Int: Waiter] = [:]
  private var waiterCount = 0

  private struct Waiter {
    let matches: @Sendable (JournalEntry) -> Bool
    let continuation: CheckedContinuation<JournalEntry?, Never>
  }

  /// - Parameter name: Of the process, for messages.
  package init(name: String, observer: @escaping @Sendable (JournalEntry) -> Void = { _ in }) {
    self.name = name
    self.observer = observer
  }

  package var mark: Mark { Mark(index: self.entries.count) }

  package func entries(since mark: Mark = Journal.beginning) -> ArraySlice<JournalEntry> {
    self.entries.dropFirst(mark.index)
  }

  /// - Parameter end: Nil for all that there is.
  package func entries(
    since mark: Mark = Journal.beginning, until end: Mark?
  ) -> ArraySlice<JournalEntry> {
    self.entries.prefix(end?.index ?? self.entries.count).dropFirst(mark.index)
  }

  /// The place after the first entry that matches; `mark` itself if there is none.
  package func mark(after mark: Mark, _ matches: (JournalEntry) -> Bool) -> Mark {
    let index = self.entries.dropFirst(mark.index).firstIndex(where: matches)
    return index.map { Mark(index: $0 + 1) } ?? mark
  }

  func append(_ entry: JournalEntry) {
    self.entries.append(entry)
    self.observer(entry)
    for (id, waiter) in self.waiters where waiter.matches(entry) {
      self.waiters[id] = nil
      waiter.continuation.resume(returning: entry)
    }
  }

  /// The process has ended; nothing more will come until it is started again.
  func close() {
    self.isClosed = true
    for waiter in self.waiters.values { waiter.continuation.resume(returning: nil) }
    self.waiters = [:]
  }

  func reopen() { self.isClosed = false }

  /// The first entry after the mark that matches, if need be by waiting for it.
  ///
  /// - Parameter what: Names what is waited for, for the error.
  /// - Throws: `LabError.timedOut` or `.ended`.
  @discardableResult
  package func wait(
    for what: String, since mark: Mark, within limit: Duration,
    _ matches: @escaping @Sendable (JournalEntry) -> Bool
  ) async throws -> JournalEntry {
    if let entry = self.entries.dropFirst(mark.index).first(where: matches) { return entry }
    if self.isClosed { throw LabError(.ended, "\(self.name) has ended before: \(what)") }
    self.waiterCount += 1
    let id = self.waiterCount
    let timer = Task {
      try await Task.sleep(for: limit)
      self.giveUp(id)
    }
    defer { timer.cancel() }
    let entry = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        self.waiters[id] = Waiter(matches: matches, continuation: continuation)
        if Task.isCancelled { self.giveUp(id) }
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
    if let entry { return entry }
    try Task.checkCancellation()
    if self.isClosed { throw LabError(.ended, "\(self.name) has ended before: \(what)") }
    let last = self.entries.last?.line ?? "nothing"
    throw LabError(
      .timedOut, "\(self.name): waited \(limit) for: \(what); its last words were \(last)")
  }

  private func giveUp(_ id: Int) {
    self.waiters.removeValue(forKey: id)?.continuation.resume(returning: nil)
  }
}
