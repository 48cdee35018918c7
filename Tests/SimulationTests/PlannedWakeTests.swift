import Testing

@testable import Simulation

/// When a device is woken, with few entries in the queue.
struct PlannedWakeTests {
  @Test func `an earlier time gets an entry, a later one waits for those that are there`() {
    var wake = PlannedWake()
    #expect(wake.plan(at: 50, order: 1) == .init(time: 50, order: 1))
    #expect(wake.plan(at: 20, order: 2) == .init(time: 20, order: 2))
    #expect(wake.plan(at: 40, order: 3) == nil)
    #expect(wake.entryIsDue(at: 20, ticket: 2) == .again(.init(time: 40, order: 3)))
    #expect(wake.entryIsDue(at: 40, ticket: 3) == .wake)
    #expect(wake.entryIsDue(at: 50, ticket: 1) == .nothing)
  }

  @Test func `of the same time the newest plan counts`() {
    var wake = PlannedWake()
    #expect(wake.plan(at: 50, order: 1) != nil)
    #expect(wake.plan(at: 50, order: 2) == nil)
    #expect(wake.entryIsDue(at: 50, ticket: 1) == .again(.init(time: 50, order: 2)))
    #expect(wake.entryIsDue(at: 50, ticket: 2) == .wake)
  }

  @Test func `a cancelled wake never comes`() {
    var wake = PlannedWake()
    #expect(wake.plan(at: 50, order: 1) != nil)
    wake.cancel()
    #expect(wake.entryIsDue(at: 50, ticket: 1) == .nothing)
  }

  /// Against a device that is woken by the newest of its plans, whatever there was before.
  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `it is woken when and only when its newest plan says so`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var wake = PlannedWake()
    var queue = EventQueue()
    var planned: UInt64?
    func add(_ entry: PlannedWake.Entry?) {
      guard let entry else { return }
      queue.add(
        .wake(device: 0, ticket: UInt32(entry.order)), at: entry.time, order: entry.order)
    }
    for now in 0..<2_000 as Range<UInt64> {
      while queue.nextTime == now, let (_, event) = queue.removeFirst() {
        guard case .wake(_, let ticket) = event else { continue }
        switch wake.entryIsDue(at: now, ticket: ticket) {
        case .wake:
          #expect(planned == now)
          planned = nil
        case .again(let entry): add(entry)
        case .nothing: break
        }
      }
      #expect(planned != now, "the wake at \(now) is missed")
      switch random.number(below: 8) {
      case 0:
        let time = now + 1 + UInt64(random.number(below: 60))
        planned = time
        add(wake.plan(at: time, order: queue.takeOrder()))
      case 1 where random.chance(permille: 300):
        planned = nil
        wake.cancel()
      default: break
      }
    }
  }
}
