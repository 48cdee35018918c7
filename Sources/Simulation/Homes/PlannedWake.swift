/// When a device's clock is to wake it. A device changes its mind at every message; most of what it
/// planned before is never due. So a new entry in the queue is only made for what comes before those
/// that are there, and one that comes too early is made anew for the time that counts by then.
struct PlannedWake {
  private static let never = UInt64.max

  /// What counts.
  private var time = Self.never
  private var order: UInt64 = 0
  /// The two earliest entries of the queue that are still to come.
  private var near = Self.never
  private var far = Self.never

  struct Entry: Equatable {
    let time: UInt64
    let order: UInt64
  }

  mutating func cancel() { self.time = Self.never }

  /// - Returns: The entry to make; nil when an earlier one will do.
  mutating func plan(at time: UInt64, order: UInt64) -> Entry? {
    self.time = time
    self.order = order
    return self.missingEntry()
  }

  enum OnEntry: Equatable {
    case wake
    case nothing
    case again(Entry)
  }

  /// An entry of the queue is due.
  mutating func entryIsDue(at now: UInt64, ticket: UInt32) -> OnEntry {
    if self.near == now {
      self.near = self.far
      self.far = Self.never
    } else if self.far == now {
      self.far = Self.never
    }
    if self.time == now, UInt32(truncatingIfNeeded: self.order) == ticket {
      self.time = Self.never
      return .wake
    }
    return self.missingEntry().map { .again($0) } ?? .nothing
  }

  private mutating func missingEntry() -> Entry? {
    guard self.time != Self.never, self.near > self.time else { return nil }
    self.far = self.near
    self.near = self.time
    return Entry(time: self.time, order: self.order)
  }
}
