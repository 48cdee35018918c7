import DeviceProtocol

/// Says where to look for what has expired, so that nobody has to look everywhere: a binary heap,
/// the earliest time first.
///
/// An entry is a hint and not a promise. What was removed or put off leaves its entry behind, which
/// is dropped when its time comes; what is added or put off has to be added here again.
struct ExpiryQueue<Element: Sendable>: Sendable {
  private var entries: ContiguousArray<Entry> = []

  private struct Entry {
    let time: UnixMilliseconds
    let element: Element
  }

  mutating func add(_ element: Element, at time: UnixMilliseconds) {
    self.entries.append(Entry(time: time, element: element))
    var child = self.entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard self.entries[child].time < self.entries[parent].time else { return }
      self.entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out an element whose time lies before this one, the earliest first.
  mutating func next(before time: UnixMilliseconds) -> Element? {
    guard let first = self.entries.first, first.time < time else { return nil }
    return self.removeFirst()?.element
  }

  /// Takes out the earliest entry, whatever its time.
  mutating func removeFirst() -> (time: UnixMilliseconds, element: Element)? {
    guard let first = self.entries.first else { return nil }
    let last = self.entries.removeLast()
    if !self.entries.isEmpty {
      self.entries[0] = last
      self.sinkFirst()
    }
    return (first.time, first.element)
  }

  private mutating func sinkFirst() {
    var parent = 0
    while true {
      var child = parent * 2 + 1
      guard child < self.entries.count else { return }
      if child + 1 < self.entries.count, self.entries[child + 1].time < self.entries[child].time {
        child += 1
      }
      guard self.entries[child].time < self.entries[parent].time else { return }
      self.entries.swapAt(child, parent)
      parent = child
    }
  }
}
