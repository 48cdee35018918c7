/// What is to happen when, by time; of the same time, in the order in which it was planned.
///
/// What comes soon is in a heap of four children a node: fewer levels than a binary one, and its
/// children share a cache line. Of a fleet that is small against what is planned for the days after,
/// which lies unordered in a list for each minute until that minute begins: a heap of millions would
/// be looked at all over, and memory is slow.
struct EventQueue {
  private struct Entry {
    let time: UInt64
    let order: UInt64
    let event: Event
  }

  /// Of a list, which tells the minute: a fleet has several for each device.
  private struct ListedEntry {
    let order: UInt64
    let event: Event
    let timeInMinute: UInt16
  }

  private var heap: [Entry] = []
  private var nextOrder: UInt64 = 0

  /// By minute, modulo their number; none until there are more events than a heap holds well.
  private var lists: [[ListedEntry]] = []
  /// In all lists together.
  private var listedCount = 0
  /// The first minute that has a list; means nothing while none has.
  private var firstListed: UInt64 = 0
  /// The minute of what was taken last.
  private var minute: UInt64 = 0

  /// Of 65.536 s.
  private static let minuteBits: UInt64 = 16
  /// Eleven days and more: longer than tokens mostly live. A power of two.
  private static let listCount: UInt64 = 1 << 14
  /// So many are in the heap whatever their time.
  private static let heapLimit = 4_096

  var nextTime: UInt64? {
    var next = self.heap.first?.time
    guard self.listedCount > 0 else { return next }
    for entry in self.lists[Int(self.firstListed % Self.listCount)] {
      next = min(next ?? .max, self.firstListed << Self.minuteBits | UInt64(entry.timeInMinute))
    }
    return next
  }
  var count: Int { self.heap.count + self.listedCount }

  mutating func add(_ event: Event, at time: UInt64) {
    self.add(event, at: time, order: self.takeOrder())
  }

  /// A place among the events of the same time, to be used by one of them.
  mutating func takeOrder() -> UInt64 {
    defer { self.nextOrder += 1 }
    return self.nextOrder
  }

  /// - Parameter order: Of `takeOrder`, however long ago.
  mutating func add(_ event: Event, at time: UInt64, order: UInt64) {
    let entry = Entry(time: time, order: order, event: event)
    let minute = time >> Self.minuteBits
    if self.heap.count >= Self.heapLimit, minute > self.minute,
      minute - self.minute < Self.listCount
    {
      self.list(entry, minute: minute)
    } else {
      self.addToHeap(entry)
    }
  }

  /// Nil when nothing is planned.
  mutating func removeFirst() -> (time: UInt64, event: Event)? {
    self.fillHeap()
    guard let first = self.heap.first else { return nil }
    self.minute = first.time >> Self.minuteBits
    let last = self.heap.removeLast()
    if !self.heap.isEmpty { self.siftDown(last) }
    return (first.time, first.event)
  }

  private mutating func addToHeap(_ entry: Entry) {
    self.heap.append(entry)
    self.siftUp(entry)
  }

  private mutating func list(_ entry: Entry, minute: UInt64) {
    if self.lists.isEmpty { self.lists = Array(repeating: [], count: Int(Self.listCount)) }
    self.lists[Int(minute % Self.listCount)].append(
      ListedEntry(
        order: entry.order, event: entry.event,
        timeInMinute: UInt16(truncatingIfNeeded: entry.time)))
    self.firstListed = self.listedCount == 0 ? minute : min(self.firstListed, minute)
    self.listedCount += 1
  }

  /// Puts into the heap what may come before its first.
  @inline(__always)
  private mutating func fillHeap() {
    while self.listedCount > 0,
      self.heap.first.map({ $0.time >> Self.minuteBits >= self.firstListed }) ?? true
    {
      self.emptyFirstList()
    }
  }

  private mutating func emptyFirstList() {
    var entries: [ListedEntry] = []
    swap(&entries, &self.lists[Int(self.firstListed % Self.listCount)])
    let start = self.firstListed << Self.minuteBits
    for entry in entries {
      self.addToHeap(
        Entry(time: start | UInt64(entry.timeInMinute), order: entry.order, event: entry.event))
    }
    self.listedCount -= entries.count
    guard self.listedCount > 0 else { return }
    repeat {
      self.firstListed += 1
    } while self.lists[Int(self.firstListed % Self.listCount)].isEmpty
  }

  private mutating func siftUp(_ entry: Entry) {
    self.heap.withUnsafeMutableBufferPointer { heap in
      var index = heap.count - 1
      while index > 0 {
        let parent = (index - 1) / 4
        guard Self.isEarlier(entry, heap[parent]) else { break }
        heap[index] = heap[parent]
        index = parent
      }
      heap[index] = entry
    }
  }

  /// Puts the entry in the place of the first.
  private mutating func siftDown(_ entry: Entry) {
    self.heap.withUnsafeMutableBufferPointer { heap in
      var index = 0
      while true {
        let firstChild = 4 * index + 1
        guard firstChild < heap.count else { break }
        var earliest = firstChild
        for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, heap.count))
        where Self.isEarlier(heap[child], heap[earliest]) {
          earliest = child
        }
        guard Self.isEarlier(heap[earliest], entry) else { break }
        heap[index] = heap[earliest]
        index = earliest
      }
      heap[index] = entry
    }
  }

  private static func isEarlier(_ left: Entry, _ right: Entry) -> Bool {
    left.time < right.time || left.time == right.time && left.order < right.order
  }
}

/// A ticket is the number of what was planned last for somebody: an event with an older one has been
/// overtaken and means nothing.
enum Event {
  case wake(device: Int32, ticket: UInt32)
  case joinEnds(device: Int32, ticket: UInt32)
  /// A message is at the cloud.
  case arrives(exchange: Int32)
  /// It is its turn in a busy cloud.
  case served(exchange: Int32, ticket: UInt32)
  /// The client has waited for the answer for as long as it does.
  case givenUp(exchange: Int32, ticket: UInt32)
  /// The client has the answer, or knows that there will be none.
  case answered(exchange: Int32, ticket: UInt32)
  /// What the cloud wrote is durable.
  case durable(ticket: UInt32)
  case cloudStarts(ticket: UInt32)
  /// Something reaches the client over its open stream.
  case pushed(stream: Int32, ticket: UInt32, Push)
  /// The access token of the stream expires.
  case streamExpires(stream: Int32, ticket: UInt32)
  /// A fault ends the stream.
  case streamCut(stream: Int32, ticket: UInt32)
  /// The client has heard nothing for too long over a stream that broke unnoticed.
  case silence(stream: Int32, ticket: UInt32)
  case app(Int32, ticket: UInt32)
  case director(ticket: UInt32)
  /// Once a minute in weather that does, streams break.
  case weather
}

/// What goes over an event stream.
enum Push: UInt8 {
  case ready, loggedOut, expired, ended
}
